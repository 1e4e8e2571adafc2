@NullMarked
package dev.lunaria.cli;

import org.jspecify.annotations.NullMarked;
