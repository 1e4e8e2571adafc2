/** The records of the registry and the folder that holds them. */
@NullMarked
package dev.lunaria.registry;

import org.jspecify.annotations.NullMarked;
