/** Stand-ins for target servers, and what both must do. */
@NullMarked
package dev.lunaria.controller.target;

import org.jspecify.annotations.NullMarked;
