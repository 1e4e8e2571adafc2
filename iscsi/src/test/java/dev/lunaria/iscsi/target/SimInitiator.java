package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LogoutRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ReadyToTransfer;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TaskManagementResponse;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An initiator of a simulation that reads and writes blocks of its own, aborts, resets, pings,
 * loses connections and comes back; it knows what each block may hold, and checks every number.
 */
final class SimInitiator {
    private static final int ABORT_TASK = 1;
    private static final int ABORT_TASK_SET = 2;
    private static final int CLEAR_TASK_SET = 4;
    private static final int TARGET_WARM_RESET = 6;

    private final SimWorld world;
    private final SimTarget target;
    private final String name;
    private final int firstBlock;
    private final long end;
    private final SimBlocks blocks;

    private @Nullable SimLink link;
    private boolean loggedIn;
    private final Map<Integer, Command> outstanding = new TreeMap<>();
    private final Map<Integer, Management> managing = new HashMap<>();
    private int nextTag = 1;
    private SimNumbers numbers = new SimNumbers(0);
    int logins;
    int answered;

    private static final class Command {
        private final ScsiCommand pdu;
        private final SimLink link;
        private final int block;
        private final int count;
        private final long write;
        private final ByteBuffer data;
        private int received;

        private Command(
                ScsiCommand pdu, SimLink link, int block, int count, long write, ByteBuffer data) {
            this.pdu = pdu;
            this.link = link;
            this.block = block;
            this.count = count;
            this.write = write;
            this.data = data;
        }
    }

    private record Management(SimLink link, List<Command> covered) {}

    SimInitiator(SimTarget target, String name, int firstBlock, int blockCount, long end) {
        this.world = target.world;
        this.target = target;
        this.name = name;
        this.firstBlock = firstBlock;
        this.blocks = new SimBlocks(target.store, firstBlock, blockCount);
        this.end = end;
        world.in(world.between(0, 20), this::act);
    }

    private void act() {
        if (world.now() > end) {
            return;
        }
        world.in(world.between(1, 25), this::act);
        SimLink current = link;
        if (current == null) {
            logIn();
        } else if (!loggedIn) {
            if (world.chance(2)) {
                lose(current);
            }
        } else {
            step(current);
        }
    }

    private void step(SimLink current) {
        int dice = world.random.nextInt(1000);
        if (dice < 500) {
            write(current);
        } else if (dice < 850) {
            read(current);
        } else if (dice < 890) {
            manage(current);
        } else if (dice < 930) {
            int tag = nextTag++;
            current.toTarget(
                    new NopOut(true, 0, tag, -1, numbers.cmdSn, numbers.statSn, Pdu.NO_DATA));
        } else if (dice < 950) {
            rogue(current);
        } else if (dice < 960) {
            current.timer();
        } else if (dice < 964) {
            current.stop();
        } else if (dice < 974) {
            lose(current);
        } else if (dice < 978) {
            // The old connection lives on at the target: its session is reinstated.
            forget(current);
            logIn();
        } else if (dice < 982) {
            current.toTarget(
                    new LogoutRequest(true, 0, nextTag++, 1, numbers.cmdSn, numbers.statSn));
        }
    }

    private void logIn() {
        SimLink fresh = new SimLink(target, this);
        link = fresh;
        loggedIn = false;
        numbers = new SimNumbers(world.random.nextInt());
        String keys =
                """
                InitiatorName=%s
                TargetName=%s
                SessionType=Normal
                InitialR2T=%s
                ImmediateData=Yes
                MaxRecvDataSegmentLength=%d
                MaxBurstLength=%d
                FirstBurstLength=1024
                MaxOutstandingR2T=2
                """
                        .formatted(
                                name,
                                SimTarget.NAME,
                                world.chance(50) ? "Yes" : "No",
                                world.between(512, 2048),
                                world.between(1024, 3000));
        ByteBuffer text =
                ByteBuffer.wrap(keys.replace('\n', '\0').getBytes(StandardCharsets.UTF_8));
        fresh.toTarget(
                new LoginRequest(
                        true,
                        false,
                        1,
                        3,
                        0,
                        0,
                        0x800000000001L,
                        0,
                        nextTag++,
                        1,
                        numbers.cmdSn,
                        0,
                        text));
    }

    private void lose(SimLink lost) {
        lost.cut();
        forget(lost);
    }

    /** Nothing of that connection will be answered any more; the blocks hold one or the other. */
    private void forget(SimLink lost) {
        outstanding.values().removeIf(command -> command.link == lost);
        managing.values().removeIf(management -> management.link == lost);
        blocks.idle();
        if (link == lost) {
            link = null;
            loggedIn = false;
        }
    }

    void closed(SimLink by) {
        if (by == link) {
            forget(by);
        }
    }

    private void write(SimLink current) {
        int count = world.between(1, 8);
        int block = blocks.free(world.random, count);
        if (block < 0 || !numbers.maySend()) {
            return;
        }
        long write = blocks.begin(block, count);
        ByteBuffer data = SimStore.fill(count, write);
        int bytes = data.remaining();
        int immediate = world.chance(50) ? Math.min(bytes, world.between(0, 1024)) : 0;
        ScsiCommand pdu =
                command(
                        true,
                        bytes,
                        Rig.cdb(MemoryDevice.WRITE_10, firstBlock + block, count),
                        data.slice(0, immediate));
        send(new Command(pdu, current, block, count, write, data));
    }

    private void read(SimLink current) {
        int count = world.between(1, 8);
        int block = blocks.free(world.random, count);
        if (block < 0 || !numbers.maySend()) {
            return;
        }
        blocks.busy(block, count, true);
        ScsiCommand pdu =
                command(
                        false,
                        count * MemoryDevice.BLOCK,
                        Rig.cdb(MemoryDevice.READ_10, firstBlock + block, count),
                        Pdu.NO_DATA);
        ByteBuffer into = ByteBuffer.allocate(count * MemoryDevice.BLOCK);
        send(new Command(pdu, current, block, count, 0, into));
    }

    private ScsiCommand command(boolean writes, int bytes, ByteBuffer cdb, ByteBuffer immediate) {
        return new ScsiCommand(
                false,
                true,
                !writes,
                writes,
                TaskAttribute.SIMPLE,
                0,
                nextTag++,
                bytes,
                numbers.cmdSn++,
                numbers.statSn,
                cdb,
                0,
                immediate);
    }

    private void send(Command command) {
        outstanding.put(command.pdu.initiatorTaskTag(), command);
        command.link.toTarget(command.pdu);
    }

    /** Numbers outside the window: these must never be answered. */
    private void rogue(SimLink current) {
        int wrong = world.chance(50) ? numbers.cmdSn + 100 : numbers.cmdSn - 1;
        current.toTarget(
                new ScsiCommand(
                        false,
                        true,
                        true,
                        false,
                        TaskAttribute.SIMPLE,
                        0,
                        nextTag++,
                        512,
                        wrong,
                        numbers.statSn,
                        Rig.cdb(MemoryDevice.READ_10, firstBlock, 1),
                        0,
                        Pdu.NO_DATA));
    }

    private void manage(SimLink current) {
        if (outstanding.isEmpty() || !managing.isEmpty()) {
            return;
        }
        int function =
                world.chance(70)
                        ? ABORT_TASK
                        : world.chance(50)
                                ? ABORT_TASK_SET
                                : world.between(CLEAR_TASK_SET, TARGET_WARM_RESET);
        List<Command> all = List.copyOf(outstanding.values());
        Command one = all.get(world.random.nextInt(all.size()));
        List<Command> covered = function == ABORT_TASK ? List.of(one) : all;
        int tag = nextTag++;
        managing.put(tag, new Management(current, covered));
        current.toTarget(
                new TaskManagementRequest(
                        true,
                        function,
                        0,
                        tag,
                        function == ABORT_TASK ? one.pdu.initiatorTaskTag() : -1,
                        numbers.cmdSn,
                        numbers.statSn,
                        one.pdu.cmdSn(),
                        0));
    }

    /** At the moment when the target answers: what is promised by it must hold from now on. */
    void targetSays(SimLink by, TargetPdu pdu) {
        if (pdu instanceof LoginResponse login && login.statusClass() == 0 && by == link) {
            blocks.killAllBefore(outstandingWrites());
        } else if (pdu instanceof TaskManagementResponse response && response.response() == 0) {
            Management management = managing.get(response.initiatorTaskTag());
            if (management != null && management.link == by) {
                management.covered.forEach(command -> target.store.kill(command.write));
            }
        }
    }

    private Set<Long> outstandingWrites() {
        Set<Long> writes = new HashSet<>();
        outstanding.values().forEach(command -> writes.add(command.write));
        return writes;
    }

    /** The fence has returned: nothing that was sent before may be written any more. */
    void fenced() {
        blocks.killAllBefore(Set.of());
    }

    void receive(SimLink by, TargetPdu pdu) {
        if (by != link) {
            return;
        }
        if (pdu instanceof LoginResponse response) {
            login(by, response);
            return;
        }
        numbers.check(pdu);
        switch (pdu) {
            case DataIn in -> dataIn(in);
            case ScsiResponse response -> answered(response.initiatorTaskTag(), response.status());
            case ReadyToTransfer r2t -> readyToTransfer(by, r2t);
            case TaskManagementResponse response -> managed(response);
            case NopIn nop when nop.initiatorTaskTag() == Pdu.RESERVED_TAG ->
                    by.toTarget(
                            new NopOut(
                                    true,
                                    0,
                                    Pdu.RESERVED_TAG,
                                    nop.targetTransferTag(),
                                    numbers.cmdSn,
                                    numbers.statSn,
                                    Pdu.NO_DATA));
            case NopIn nop -> {}
            case TargetPdu.LogoutResponse logout -> assertThat(logout.response()).isZero();
            case TargetPdu.AsyncMessage message -> assertThat(message.event()).isEqualTo(3);
            case TargetPdu.TextResponse text -> throw new AssertionError("unasked " + pdu);
            case TargetPdu.Reject reject -> throw new AssertionError("rejected " + pdu);
            case LoginResponse response -> throw new AssertionError("unasked " + pdu);
        }
    }

    private void login(SimLink by, LoginResponse response) {
        if (response.statusClass() != 0) {
            lose(by);
            return;
        }
        assertThat(response.tsih()).isNotZero();
        loggedIn = true;
        logins++;
        numbers.loggedIn(response);
    }

    private Command outstanding(int tag) {
        Command command = outstanding.get(tag);
        if (command == null) {
            throw new AssertionError("answers tag " + tag + ", which waits for nothing");
        }
        return command;
    }

    private void dataIn(DataIn in) {
        Command command = outstanding(in.initiatorTaskTag());
        SimWorld.check(in.bufferOffset() == command.received, "buffer offset");
        ByteBuffer bytes = ((Payload.Bytes) in.payload()).buffer();
        command.data.put(command.received, bytes, bytes.position(), bytes.remaining());
        command.received += bytes.remaining();
        if (in.withStatus()) {
            SimWorld.check(command.received == command.data.capacity(), "data is missing");
            blocks.read(command.block, SimStore.parse(command.data));
            answered(in.initiatorTaskTag(), in.status());
        }
    }

    private void answered(int tag, int status) {
        Command command = outstanding(tag);
        outstanding.remove(tag);
        answered++;
        // 40h: another's reset ended it, after which it must not be written.
        SimWorld.check(
                status == 0 || status == 0x08 || status == 0x28 || status == 0x40,
                "status " + status);
        if (command.write > 0 && status == 0) {
            blocks.written(command.block, command.count, command.write);
        } else if (command.write > 0) {
            target.store.kill(command.write);
        }
        blocks.busy(command.block, command.count, false);
    }

    private void managed(TaskManagementResponse response) {
        Management management = managing.remove(response.initiatorTaskTag());
        if (management == null) {
            throw new AssertionError("answers a function twice: " + response);
        }
        assertThat(response.response()).isIn(0, 1);
        if (response.response() == 0) {
            for (Command command : management.covered) {
                if (outstanding.remove(command.pdu.initiatorTaskTag()) != null) {
                    blocks.busy(command.block, command.count, false);
                }
            }
        }
    }

    private void readyToTransfer(SimLink by, ReadyToTransfer r2t) {
        Command command = outstanding(r2t.initiatorTaskTag());
        world.in(world.between(0, 15), () -> answer(by, command, r2t));
    }

    private void answer(SimLink by, Command command, ReadyToTransfer r2t) {
        int tag = r2t.initiatorTaskTag();
        if (link != by || outstanding.get(tag) != command) {
            return;
        }
        int segment = world.between(256, 4096);
        int sn = 0;
        for (int at = 0; at < r2t.desiredDataTransferLength(); at += segment) {
            int bytes = Math.min(segment, r2t.desiredDataTransferLength() - at);
            int offset = r2t.bufferOffset() + at;
            boolean last = at + bytes == r2t.desiredDataTransferLength();
            by.toTarget(
                    new DataOut(
                            last,
                            0,
                            tag,
                            r2t.targetTransferTag(),
                            numbers.statSn,
                            sn++,
                            offset,
                            command.data.slice(offset, bytes)));
        }
    }

    void assertAtRest() {
        assertThat(outstanding).as("%s: commands never answered", name).isEmpty();
        assertThat(managing).as("%s: functions never answered", name).isEmpty();
        blocks.assertHolds();
    }
}
