/** CHAP as iSCSI uses it (RFC 1994, RFC 7143 §12.1). */
@NullMarked
package dev.lunaria.iscsi.chap;

import org.jspecify.annotations.NullMarked;
