@NullMarked
package dev.lunaria.e2e.disk;

import org.jspecify.annotations.NullMarked;
