@NullMarked
package dev.lunaria.node.volume;

import org.jspecify.annotations.NullMarked;
