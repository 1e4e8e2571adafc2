/** Tests of {@link dev.lunaria.iscsi.chap}. */
@NullMarked
package dev.lunaria.iscsi.chap;

import org.jspecify.annotations.NullMarked;
