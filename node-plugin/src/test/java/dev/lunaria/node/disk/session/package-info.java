@NullMarked
package dev.lunaria.node.disk.session;

import org.jspecify.annotations.NullMarked;
