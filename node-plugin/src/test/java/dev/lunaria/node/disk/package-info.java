/** Tests of the user-space disk. */
@NullMarked
package dev.lunaria.node.disk;

import org.jspecify.annotations.NullMarked;
