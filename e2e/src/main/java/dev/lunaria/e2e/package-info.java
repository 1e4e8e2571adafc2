/** The whole system, driven from outside. */
@NullMarked
package dev.lunaria.e2e;

import org.jspecify.annotations.NullMarked;
