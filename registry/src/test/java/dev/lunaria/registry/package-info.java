@NullMarked
package dev.lunaria.registry;

import org.jspecify.annotations.NullMarked;
