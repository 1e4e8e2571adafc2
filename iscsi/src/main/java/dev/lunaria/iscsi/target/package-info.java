/** The target's half of an iSCSI session (RFC 7143) as a pure state machine. */
@NullMarked
package dev.lunaria.iscsi.target;

import org.jspecify.annotations.NullMarked;
