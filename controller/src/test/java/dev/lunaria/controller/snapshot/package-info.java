/** Tests. */
@NullMarked
package dev.lunaria.controller.snapshot;

import org.jspecify.annotations.NullMarked;
