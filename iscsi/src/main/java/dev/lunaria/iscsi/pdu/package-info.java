/** iSCSI PDUs as records (RFC 7143 §11): one record an opcode, with its decoder and encoder. */
@NullMarked
package dev.lunaria.iscsi.pdu;

import org.jspecify.annotations.NullMarked;
