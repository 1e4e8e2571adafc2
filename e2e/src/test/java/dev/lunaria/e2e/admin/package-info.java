/** The target's admin API and the controller above it, with real processes. */
@NullMarked
package dev.lunaria.e2e.admin;

import org.jspecify.annotations.NullMarked;
