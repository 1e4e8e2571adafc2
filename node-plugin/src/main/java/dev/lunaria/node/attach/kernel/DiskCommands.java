package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.DiskError;
import dev.lunaria.iscsi.initiator.ScsiOutcome;
import dev.lunaria.iscsi.initiator.ScsiRequest;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.ScsiGeneric;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * SCSI commands of ours to a disk of the kernel: to look at what answers, and for the format
 * protocol. Any thread; blocks, and completes what it returns before it does. Unit attentions are
 * taken note of and the command is sent again, a few times.
 */
final class DiskCommands {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int ATTEMPTS = 8;
    private static final int CHECK_CONDITION = 2;
    private static final int TRANSPORT_STATUS = -1;

    private final Path device;

    DiskCommands(Path device) {
        this.device = device;
    }

    /** Sends a command. */
    CompletableFuture<ScsiOutcome> send(ScsiRequest request) {
        int access = request.dataOut().hasRemaining() ? OpenFlags.O_RDWR : OpenFlags.O_RDONLY;
        try (Descriptor disk = Descriptor.open(device, access | OpenFlags.O_NONBLOCK, 0)) {
            ScsiOutcome outcome = once(disk, request);
            for (int i = 1; i < ATTEMPTS && isUnitAttention(outcome); i++) {
                outcome = once(disk, request);
            }
            return CompletableFuture.completedFuture(outcome);
        } catch (LinuxException e) {
            return CompletableFuture.completedFuture(lost(String.valueOf(e.getMessage())));
        }
    }

    /** As {@link #send}, for who wants to be called back. */
    void send(ScsiRequest request, ScsiRequest.Completion completion) {
        completion.complete(send(request).join());
    }

    private static ScsiOutcome once(Descriptor disk, ScsiRequest request) throws LinuxException {
        ScsiGeneric.Result result =
                ScsiGeneric.command(
                        disk, request.cdb(), request.dataOut(), request.dataIn(), TIMEOUT);
        if (result.hostStatus() != 0) {
            return lost(
                    "the disk's session didn't carry it out (%#x)".formatted(result.hostStatus()));
        }
        if (result.status() == 0) {
            return new ScsiOutcome.Good(result.transferred());
        }
        String message = "SCSI status %#04x".formatted(result.status());
        if (result.status() != CHECK_CONDITION || !result.sense().hasRemaining()) {
            return new ScsiOutcome.Failed(DiskError.IO, result.status(), result.sense(), message);
        }
        SenseData sense = SenseData.parse(result.sense());
        return new ScsiOutcome.Failed(
                error(sense.key()),
                result.status(),
                result.sense(),
                message + ": " + sense.key() + " " + sense.additional());
    }

    private static ScsiOutcome lost(String why) {
        return new ScsiOutcome.Failed(
                DiskError.CONNECTION_LOST, TRANSPORT_STATUS, ByteBuffer.allocate(0), why);
    }

    private static boolean isUnitAttention(ScsiOutcome outcome) {
        return outcome instanceof ScsiOutcome.Failed failed
                && failed.status() == CHECK_CONDITION
                && failed.sense().hasRemaining()
                && SenseData.parse(failed.sense()).key() == SenseKey.UNIT_ATTENTION;
    }

    private static DiskError error(SenseKey key) {
        return switch (key) {
            case ILLEGAL_REQUEST -> DiskError.UNSUPPORTED;
            case DATA_PROTECT -> DiskError.READ_ONLY;
            case NO_SENSE,
                    RECOVERED_ERROR,
                    NOT_READY,
                    MEDIUM_ERROR,
                    HARDWARE_ERROR,
                    UNIT_ATTENTION,
                    BLANK_CHECK,
                    VENDOR_SPECIFIC,
                    COPY_ABORTED,
                    ABORTED_COMMAND,
                    RESERVED,
                    VOLUME_OVERFLOW,
                    MISCOMPARE,
                    COMPLETED ->
                    DiskError.IO;
        };
    }
}
