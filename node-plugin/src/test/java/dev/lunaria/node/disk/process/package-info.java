@NullMarked
package dev.lunaria.node.disk.process;

import org.jspecify.annotations.NullMarked;
