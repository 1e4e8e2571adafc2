/** Tests. */
@NullMarked
package dev.lunaria.controller.registry;

import org.jspecify.annotations.NullMarked;
