/** The client of target servers' admin API. */
@NullMarked
package dev.lunaria.controller.target;

import org.jspecify.annotations.NullMarked;
