/** Secrets: a type that cannot be printed, the installation's keys, what is derived from them. */
@NullMarked
package dev.lunaria.service.secret;

import org.jspecify.annotations.NullMarked;
