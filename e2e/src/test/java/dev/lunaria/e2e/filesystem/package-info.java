/** Filesystems on volumes: copies beside their originals, growth, space that comes back. */
@NullMarked
package dev.lunaria.e2e.filesystem;

import org.jspecify.annotations.NullMarked;
