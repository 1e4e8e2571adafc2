package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.Residual;
import java.nio.ByteBuffer;

/**
 * What a target answered to one sending of a command.
 *
 * @param response iSCSI service response (RFC 7143 §11.4.3): 0 completed at target
 * @param status SCSI status code; meaningful where {@code response} is 0
 * @param sense sense data, empty where there is none
 * @param transferred bytes that moved
 */
record ScsiAnswer(int response, int status, ByteBuffer sense, int transferred, Residual residual) {}
