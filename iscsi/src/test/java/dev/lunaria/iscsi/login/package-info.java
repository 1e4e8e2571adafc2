/** Tests of {@link dev.lunaria.iscsi.login}. */
@NullMarked
package dev.lunaria.iscsi.login;

import org.jspecify.annotations.NullMarked;
