@NullMarked
package dev.lunaria.iscsi.initiator;

import org.jspecify.annotations.NullMarked;
