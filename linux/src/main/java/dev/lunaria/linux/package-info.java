/**
 * System calls of Linux through the foreign function interface. The only user of java.lang.foreign.
 */
@NullMarked
package dev.lunaria.linux;

import org.jspecify.annotations.NullMarked;
