/** The domain: volumes, what can be done with them, and what it takes. */
@NullMarked
package dev.lunaria.controller.volume;

import org.jspecify.annotations.NullMarked;
