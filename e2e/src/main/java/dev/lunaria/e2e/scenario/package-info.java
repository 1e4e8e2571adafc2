/** The scenarios of {@code e2e/scenario}, and how each says what came of its rows. */
@NullMarked
package dev.lunaria.e2e.scenario;

import org.jspecify.annotations.NullMarked;
