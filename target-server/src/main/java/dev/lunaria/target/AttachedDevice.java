package dev.lunaria.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.SessionControl;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.target.store.RateLimitedStore;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A logical unit's device server as one session has it: says once when the session has ended, and
 * has the unit's limits let go what waits while something is drained. Owned by the session.
 *
 * @param limited the unit's limits
 * @param detached told when the initiator has logged out
 * @param left told once when the session has ended
 * @param ended whether it was told
 */
record AttachedDevice(
        DeviceServer device,
        RateLimitedStore limited,
        Runnable detached,
        Runnable left,
        AtomicBoolean ended)
        implements DeviceServer {

    AttachedDevice(
            DeviceServer device, RateLimitedStore limited, Runnable detached, Runnable left) {
        this(device, limited, detached, left, new AtomicBoolean());
    }

    @Override
    public Admission admit(ScsiCommand command) {
        return device.admit(command);
    }

    @Override
    public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
        device.execute(command, dataOut, completion);
    }

    @Override
    public void begin(SessionControl session) {
        device.begin(session);
    }

    @Override
    public void manage(UnitFunction function, Runnable done) {
        limited.drainBegins();
        device.manage(
                function,
                () -> {
                    limited.drainEnded();
                    done.run();
                });
    }

    @Override
    public void drainBegins() {
        limited.drainBegins();
    }

    @Override
    public void drainEnded() {
        limited.drainEnded();
    }

    @Override
    public void loggedOut() {
        device.loggedOut();
        detached.run();
    }

    @Override
    public void nexusLost() {
        device.nexusLost();
        if (ended.compareAndSet(false, true)) {
            left.run();
        }
    }
}
