/** User-Mode Linux hosts with a network of their own: what {@code e2e/lab} does, as methods. */
@NullMarked
package dev.lunaria.e2e.lab;

import org.jspecify.annotations.NullMarked;
