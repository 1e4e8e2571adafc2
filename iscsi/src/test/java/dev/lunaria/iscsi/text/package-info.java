/** Tests of {@link dev.lunaria.iscsi.text}. */
@NullMarked
package dev.lunaria.iscsi.text;

import org.jspecify.annotations.NullMarked;
