package dev.lunaria.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.target.CommandResult;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.SessionControl;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.service.metrics.OperationMeter;
import dev.lunaria.service.metrics.OperationMeter.Operation;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A device server that counts and times its commands. Owned by its session; what it counts in is
 * shared by the sessions of a node on a volume.
 *
 * <p>A command's time is from when all its Data-Out is here until its outcome: waiting for a store
 * thread, limits and the disk included, the network not.
 */
final class MeteredDevice implements DeviceServer {
    private static final int KEY_IN_FIXED = 2;
    private static final int KEY_IN_DESCRIPTOR = 1;
    private static final int DESCRIPTOR_FORMAT = 0x72; // SPC-4 §4.5.2, table 28; 73h is deferred
    private static final int RESPONSE_CODE = 0x7e;

    private final DeviceServer device;
    private final UnitMeters meters;
    private final UnitMeters.Meter meter;
    private final OperationMeter operations;
    private final AtomicBoolean loggedOut = new AtomicBoolean();
    private final AtomicBoolean ended = new AtomicBoolean();

    MeteredDevice(DeviceServer device, UnitMeters meters, UnitMeters.Pair pair) {
        this.device = device;
        this.meters = meters;
        this.meter = meters.attached(pair);
        this.operations = meter.operations();
    }

    @Override
    public Admission admit(ScsiCommand command) {
        Admission admission = device.admit(command);
        if (admission instanceof Admission.Refused(CommandResult result)) {
            countFailure(result);
        }
        return admission;
    }

    @Override
    public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
        Operation operation = operation(command.cdb());
        int written = dataOut.remaining();
        long begun = System.nanoTime();
        operations.began();
        try {
            device.execute(
                    command,
                    dataOut,
                    result -> {
                        operations.ended(
                                operation,
                                written + result.dataIn().length(),
                                System.nanoTime() - begun);
                        countFailure(result);
                        completion.complete(result);
                    });
        } catch (RuntimeException | Error e) {
            // Nothing was begun, and nothing completes.
            operations.ended(operation, 0, System.nanoTime() - begun);
            throw e;
        }
    }

    private void countFailure(CommandResult result) {
        if (result.status() != ScsiStatus.GOOD.code()) {
            operations.failed(reason(result));
        }
    }

    /** The sense key where there is one, otherwise the status. */
    static String reason(CommandResult result) {
        ByteBuffer sense = result.sense();
        if (result.status() == ScsiStatus.CHECK_CONDITION.code()
                && sense.remaining() > KEY_IN_FIXED) {
            int format = sense.get(sense.position()) & RESPONSE_CODE;
            int key = format == DESCRIPTOR_FORMAT ? KEY_IN_DESCRIPTOR : KEY_IN_FIXED;
            return SenseKey.of(sense.get(sense.position() + key)).name().toLowerCase(Locale.ROOT);
        }
        return ScsiStatus.of(result.status())
                .map(status -> status.name().toLowerCase(Locale.ROOT))
                .orElse("other");
    }

    /** By the operation code alone (SBC-3 table 13): a hint for people, so none is refused here. */
    static Operation operation(ByteBuffer cdb) {
        return switch (cdb.get(cdb.position()) & 0xff) {
            case 0x08, 0x28, 0x88, 0xa8 -> Operation.READ;
            case 0x0a, 0x2a, 0x8a, 0xaa, 0x2e, 0x8e, 0xae, 0x89, 0x8b -> Operation.WRITE;
            case 0x35, 0x91 -> Operation.FLUSH;
            case 0x42, 0x41, 0x93 -> Operation.DISCARD;
            default -> Operation.OTHER;
        };
    }

    @Override
    public void begin(SessionControl session) {
        device.begin(session);
    }

    @Override
    public void manage(UnitFunction function, Runnable done) {
        device.manage(function, done);
    }

    @Override
    public void drainBegins() {
        device.drainBegins();
    }

    @Override
    public void drainEnded() {
        device.drainEnded();
    }

    @Override
    public void loggedOut() {
        loggedOut.set(true);
        device.loggedOut();
    }

    @Override
    public void nexusLost() {
        device.nexusLost();
        if (ended.compareAndSet(false, true)) {
            meters.ended(meter, loggedOut.get());
        }
    }
}
