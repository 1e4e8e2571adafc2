@NullMarked
package dev.lunaria.target.transport;

import org.jspecify.annotations.NullMarked;
