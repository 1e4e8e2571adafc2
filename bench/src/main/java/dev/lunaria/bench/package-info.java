/** Measurements. */
@NullMarked
package dev.lunaria.bench;

import org.jspecify.annotations.NullMarked;
