package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A device server over bytes in memory: READ(10) and WRITE(10) in blocks of 512 bytes; anything
 * else is GOOD without data. What it is given waits until the test carries it out.
 */
final class MemoryDevice implements DeviceServer {
    static final int BLOCK = 512;
    static final int READ_10 = 0x28;
    static final int WRITE_10 = 0x2a;

    final byte[] bytes;
    final ArrayDeque<Running> running = new ArrayDeque<>();
    final ArrayDeque<Runnable> resets = new ArrayDeque<>();
    final ArrayDeque<UnitFunction> functions = new ArrayDeque<>();
    boolean refusing;

    /** What admission or execution throw; null: nothing. */
    @Nullable RuntimeException admitting;

    @Nullable RuntimeException executing;
    boolean lost;
    int released;
    int drains;
    int drainsBegun;

    record Running(ScsiCommand command, ByteBuffer dataOut, Completion completion) {}

    MemoryDevice(int blocks) {
        bytes = new byte[blocks * BLOCK];
    }

    static int opcode(ScsiCommand command) {
        return command.cdb().get(0) & 0xff;
    }

    static int offset(ScsiCommand command) {
        return command.cdb().getInt(2) * BLOCK;
    }

    static int length(ScsiCommand command) {
        return (command.cdb().getShort(7) & 0xffff) * BLOCK;
    }

    @Override
    public Admission admit(ScsiCommand command) {
        if (admitting != null) {
            throw admitting;
        }
        if (refusing) {
            return new Admission.Refused(result(ScsiStatus.RESERVATION_CONFLICT, Pdu.NO_DATA));
        }
        return new Admission.Accepted(opcode(command) == WRITE_10 ? length(command) : 0);
    }

    @Override
    public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
        if (executing != null) {
            throw executing;
        }
        running.add(new Running(command, dataOut, completion));
    }

    /** Carries out the oldest command that waits. */
    void finishOne() {
        finish(running.remove());
    }

    void finish(Running one) {
        running.remove(one);
        switch (opcode(one.command)) {
            case READ_10 ->
                    one.completion.complete(
                            result(
                                    ScsiStatus.GOOD,
                                    ByteBuffer.wrap(bytes)
                                            .slice(offset(one.command), length(one.command))));
            case WRITE_10 -> {
                one.dataOut.get(
                        one.dataOut.position(),
                        bytes,
                        offset(one.command),
                        one.dataOut.remaining());
                one.completion.complete(result(ScsiStatus.GOOD, Pdu.NO_DATA));
            }
            default -> one.completion.complete(result(ScsiStatus.GOOD, Pdu.NO_DATA));
        }
    }

    /** Ends what waits without carrying it out. */
    void dropAll() {
        while (!running.isEmpty()) {
            running.remove().completion.complete(result(ScsiStatus.BUSY, Pdu.NO_DATA));
        }
        resets.forEach(Runnable::run);
    }

    void finishAll() {
        while (!running.isEmpty()) {
            finishOne();
        }
    }

    private CommandResult result(ScsiStatus status, ByteBuffer data) {
        return new CommandResult(
                status.code(), Pdu.NO_DATA, new Payload.Bytes(data), () -> released++);
    }

    @Override
    public void begin(SessionControl session) {}

    @Override
    public void manage(UnitFunction function, Runnable done) {
        functions.add(function);
        resets.add(done);
    }

    @Override
    public void drainBegins() {
        drains++;
        drainsBegun++;
    }

    @Override
    public void drainEnded() {
        drains--;
    }

    @Override
    public void nexusLost() {
        lost = true;
    }
}
