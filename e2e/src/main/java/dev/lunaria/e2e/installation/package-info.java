/** A whole installation on one machine: the programs as processes, on loopback and Unix sockets. */
@NullMarked
package dev.lunaria.e2e.installation;

import org.jspecify.annotations.NullMarked;
