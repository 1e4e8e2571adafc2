@NullMarked
package dev.lunaria.node.attach.kernel;

import org.jspecify.annotations.NullMarked;
