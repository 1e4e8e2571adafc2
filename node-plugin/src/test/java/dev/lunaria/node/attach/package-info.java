@NullMarked
package dev.lunaria.node.attach;

import org.jspecify.annotations.NullMarked;
