/** Logging, configured in code. */
@NullMarked
package dev.lunaria.service.log;

import org.jspecify.annotations.NullMarked;
