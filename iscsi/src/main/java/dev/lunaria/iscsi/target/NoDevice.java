package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import java.nio.ByteBuffer;

/** Stands where a discovery session has no device server: no command gets this far. Stateless. */
final class NoDevice implements DeviceServer {

    @Override
    public void begin(SessionControl session) {
        // Nobody else has anything to do with it.
    }

    @Override
    public Admission admit(ScsiCommand command) {
        throw new IllegalStateException("a SCSI command in a discovery session");
    }

    @Override
    public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
        throw new IllegalStateException("a SCSI command in a discovery session");
    }

    @Override
    public void manage(UnitFunction function, Runnable done) {
        throw new IllegalStateException("a task management function in a discovery session");
    }

    @Override
    public void nexusLost() {
        // There was none.
    }
}
