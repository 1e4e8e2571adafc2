/** The skeleton of a program: command line, settings, start, stop, exit codes. */
@NullMarked
package dev.lunaria.service.cli;

import org.jspecify.annotations.NullMarked;
