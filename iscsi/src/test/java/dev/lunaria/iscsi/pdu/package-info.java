/** Tests of the PDU codec. */
@NullMarked
package dev.lunaria.iscsi.pdu;

import org.jspecify.annotations.NullMarked;
