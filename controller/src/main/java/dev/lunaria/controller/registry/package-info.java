/** The edge to node plugins: nodes register here and learn of each other and of targets. */
@NullMarked
package dev.lunaria.controller.registry;

import org.jspecify.annotations.NullMarked;
