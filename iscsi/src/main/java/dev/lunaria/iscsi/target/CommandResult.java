package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.Payload;
import java.nio.ByteBuffer;

/**
 * Outcome of a SCSI command (SAM-5 §5.3): status, sense data, and Data-In.
 *
 * <p>Immutable; the session that sends it calls {@code release} once the last byte is out.
 *
 * @param status SCSI status code (SAM-5 §5.3.1): 00h GOOD, 02h CHECK CONDITION, 08h BUSY, 18h
 *     RESERVATION CONFLICT, 28h TASK SET FULL
 * @param sense sense data as it goes over the wire (SPC-4 §4.5); empty where there is none
 * @param dataIn what the command read, as long as the CDB says; empty where nothing
 * @param release gives back the buffers behind {@code dataIn}
 */
public record CommandResult(int status, ByteBuffer sense, Payload dataIn, Runnable release) {}
