/**
 * Makes the container images out of Debian packages, a linked Java runtime and the built programs.
 * Runs once, on one thread, without a container engine; docs/decisions/035-images-from-the-build.md
 * says why.
 */
@NullMarked
package dev.lunaria.images;

import org.jspecify.annotations.NullMarked;
