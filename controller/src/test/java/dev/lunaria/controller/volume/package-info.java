/** Tests. */
@NullMarked
package dev.lunaria.controller.volume;

import org.jspecify.annotations.NullMarked;
