/**
 * The administration program: what target servers and the registry hold, for people and scripts.
 */
@NullMarked
package dev.lunaria.cli;

import org.jspecify.annotations.NullMarked;
