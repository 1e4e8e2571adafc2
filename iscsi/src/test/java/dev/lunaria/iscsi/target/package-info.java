@NullMarked
package dev.lunaria.iscsi.target;

import org.jspecify.annotations.NullMarked;
