/** Snapshots, and groups of them: taken and kept by targets, found again by their names. */
@NullMarked
package dev.lunaria.controller.snapshot;

import org.jspecify.annotations.NullMarked;
