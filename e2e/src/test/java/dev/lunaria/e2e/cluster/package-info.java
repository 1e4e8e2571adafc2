@NullMarked
package dev.lunaria.e2e.cluster;

import org.jspecify.annotations.NullMarked;
