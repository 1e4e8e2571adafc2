/** iSCSI (RFC 7143) and SCSI (SPC-4, SBC-3, SAM-5) as pure code: no I/O, no threads, no clock. */
@NullMarked
package dev.lunaria.iscsi;

import org.jspecify.annotations.NullMarked;
