/** The bytes of a logical unit: a sparse file behind the narrow interface {@code BlockStore}. */
@NullMarked
package dev.lunaria.target.store;

import org.jspecify.annotations.NullMarked;
