@NullMarked
package dev.lunaria.node.cluster;

import org.jspecify.annotations.NullMarked;
