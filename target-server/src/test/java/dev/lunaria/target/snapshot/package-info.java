@NullMarked
package dev.lunaria.target.snapshot;

import org.jspecify.annotations.NullMarked;
