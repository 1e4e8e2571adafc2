package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Commands that came before their turn: within the window, but with others missing before them (RFC
 * 7143 §4.2.2.1: commands are delivered in CmdSN order).
 *
 * <p>Owned by the session's event loop. Bounded by the window, and by {@link #LIMIT} bytes of data
 * that came with them.
 */
final class HeldCommands {

    /** Data held back with its commands, in bytes. */
    static final int LIMIT = 4 << 20;

    /** A command with the Data-Out that followed it; no command: an aborted one's place. */
    record Held(@Nullable InitiatorPdu command, List<DataOut> data) {}

    private static final Held ABORTED = new Held(null, List.of());

    private final Map<Integer, Held> byCmdSn = new HashMap<>();
    private int bytes;

    boolean isEmpty() {
        return byCmdSn.isEmpty();
    }

    /**
     * Holds a command; one that is held already stays.
     *
     * @return false if there is no room
     */
    boolean hold(int cmdSn, InitiatorPdu command) {
        if (byCmdSn.containsKey(cmdSn)) {
            return true;
        }
        InitiatorPdu copy =
                switch (command) {
                    case ScsiCommand c ->
                            new ScsiCommand(
                                    c.immediate(),
                                    c.last(),
                                    c.read(),
                                    c.write(),
                                    c.attribute(),
                                    c.lun(),
                                    c.initiatorTaskTag(),
                                    c.expectedDataTransferLength(),
                                    c.cmdSn(),
                                    c.expStatSn(),
                                    c.cdb(),
                                    c.bidirectionalReadLength(),
                                    copy(c.data()));
                    case NopOut n ->
                            new NopOut(
                                    n.immediate(),
                                    n.lun(),
                                    n.initiatorTaskTag(),
                                    n.targetTransferTag(),
                                    n.cmdSn(),
                                    n.expStatSn(),
                                    copy(n.data()));
                    case TextRequest t ->
                            new TextRequest(
                                    t.immediate(),
                                    t.last(),
                                    t.continued(),
                                    t.lun(),
                                    t.initiatorTaskTag(),
                                    t.targetTransferTag(),
                                    t.cmdSn(),
                                    t.expStatSn(),
                                    copy(t.data()));
                    case InitiatorPdu.TaskManagementRequest t -> t;
                    case InitiatorPdu.LogoutRequest l -> l;
                    case DataOut d -> throw new IllegalArgumentException("has no CmdSN");
                    case InitiatorPdu.LoginRequest l ->
                            throw new IllegalArgumentException("has no turn");
                    case InitiatorPdu.SnackRequest s ->
                            throw new IllegalArgumentException("has no CmdSN");
                };
        byCmdSn.put(cmdSn, new Held(copy, new ArrayList<>(0)));
        return bytes <= LIMIT;
    }

    /**
     * Holds Data-Out behind its command.
     *
     * @return null if its command isn't held, else whether there was room
     */
    @Nullable Boolean hold(DataOut data) {
        for (Held held : byCmdSn.values()) {
            if (held.command instanceof ScsiCommand command
                    && command.initiatorTaskTag() == data.initiatorTaskTag()) {
                held.data.add(
                        new DataOut(
                                data.last(),
                                data.lun(),
                                data.initiatorTaskTag(),
                                data.targetTransferTag(),
                                data.expStatSn(),
                                data.dataSn(),
                                data.bufferOffset(),
                                copy(data.data())));
                return bytes <= LIMIT;
            }
        }
        return null;
    }

    private ByteBuffer copy(ByteBuffer from) {
        bytes += from.remaining();
        ByteBuffer to = ByteBuffer.allocate(from.remaining());
        return to.put(from.duplicate()).flip();
    }

    /** The command whose turn it is, taken out; null if it is not here. */
    @Nullable Held take(int cmdSn) {
        Held held = byCmdSn.remove(cmdSn);
        if (byCmdSn.isEmpty()) {
            bytes = 0;
        }
        return held;
    }

    /** A command that is aborted before it came: its number counts as received. */
    void considerReceived(int cmdSn) {
        byCmdSn.put(cmdSn, ABORTED);
    }

    /** Aborts what is held for a LUN and was sent before {@code cmdSn}. */
    void abort(long lun, int cmdSn) {
        byCmdSn.replaceAll((sn, held) ->
                sn - cmdSn < 0
                                && held.command instanceof ScsiCommand command
                                && command.lun() == lun
                        ? ABORTED
                        : held);
    }

    /** Aborts all that is held and was sent before {@code cmdSn}. */
    void abortAll(int cmdSn) {
        byCmdSn.replaceAll((sn, held) ->
                sn - cmdSn < 0 && held.command instanceof ScsiCommand ? ABORTED : held);
    }
}
