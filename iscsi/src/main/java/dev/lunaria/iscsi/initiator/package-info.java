/** The initiator's half of an iSCSI session (RFC 7143) as a pure state machine. */
@NullMarked
package dev.lunaria.iscsi.initiator;

import org.jspecify.annotations.NullMarked;
