/** Health and metrics over HTTP. */
@NullMarked
package dev.lunaria.service.health;

import org.jspecify.annotations.NullMarked;
