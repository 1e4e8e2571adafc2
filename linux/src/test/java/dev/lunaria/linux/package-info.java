/** Tests of the system calls against the running kernel. */
@NullMarked
package dev.lunaria.linux;

import org.jspecify.annotations.NullMarked;
