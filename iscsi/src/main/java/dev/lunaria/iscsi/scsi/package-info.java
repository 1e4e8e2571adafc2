/** SCSI as iSCSI carries it: CDBs, status, sense data, VPD and mode pages (SAM-5, SPC-4, SBC-3). */
@NullMarked
package dev.lunaria.iscsi.scsi;

import org.jspecify.annotations.NullMarked;
