package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one logical unit of a simulation. A block holds one number, repeated: the write that wrote
 * it. Writes reach it some time after they were given, in any order, and complete some time later.
 */
final class SimStore {
    final long[] blocks;

    /** Writes that must never reach the store any more. */
    private final Set<Long> dead = new HashSet<>();

    private final SimWorld world;
    private final List<Device> devices = new ArrayList<>();
    private int executing;
    int leasesOut;

    SimStore(SimWorld world, int blocks) {
        this.world = world;
        this.blocks = new long[blocks];
    }

    void kill(long write) {
        dead.add(write);
    }

    static ByteBuffer fill(int blocks, long write) {
        ByteBuffer data = ByteBuffer.allocate(blocks * MemoryDevice.BLOCK);
        while (data.hasRemaining()) {
            data.putLong(write);
        }
        return data.flip();
    }

    /** Which write each block of the data is of; fails for a block that is of several. */
    static long[] parse(ByteBuffer data) {
        long[] writes = new long[data.remaining() / MemoryDevice.BLOCK];
        for (int i = 0; i < data.remaining(); i += 8) {
            long word = data.getLong(data.position() + i);
            if (i % MemoryDevice.BLOCK == 0) {
                writes[i / MemoryDevice.BLOCK] = word;
            } else if (writes[i / MemoryDevice.BLOCK] != word) {
                throw new AssertionError("a torn block");
            }
        }
        return writes;
    }

    int executing() {
        return executing;
    }

    DeviceServer open() {
        Device device = new Device();
        devices.add(device);
        return device;
    }

    private final class Device implements DeviceServer {
        /** Tags of writes that wait for their data, and of those that a reset has ended. */
        private final Set<Integer> admitted = new HashSet<>();

        private final Set<Integer> ended = new HashSet<>();
        private @Nullable SessionControl session;
        private boolean lost;
        private int mine;

        @Override
        public void begin(SessionControl control) {
            session = control;
        }

        @Override
        public Admission admit(ScsiCommand command) {
            SimWorld.check(!lost, "a command after the nexus was lost");
            if (world.chance(2)) {
                return new Admission.Refused(result(ScsiStatus.BUSY, Pdu.NO_DATA));
            }
            boolean writes = MemoryDevice.opcode(command) == MemoryDevice.WRITE_10;
            if (writes) {
                admitted.add(command.initiatorTaskTag());
            }
            return new Admission.Accepted(writes ? MemoryDevice.length(command) : 0);
        }

        @Override
        public void execute(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
            SimWorld.check(!lost, "a command after the nexus was lost");
            SimWorld.check(
                    !ended.contains(command.initiatorTaskTag()), "executed after another's reset");
            admitted.remove(command.initiatorTaskTag());
            executing++;
            mine++;
            SimWorld.check(mine <= SimTarget.BOUNDS.queueDepth(), "more commands than the window");
            boolean slow = world.chance(5);
            int delay = world.chance(30) ? 0 : world.between(1, slow ? 400 : 20);
            if (delay == 0) {
                finish(command, dataOut, completion);
            } else {
                world.in(delay, () -> finish(command, dataOut, completion));
            }
        }

        private void finish(ScsiCommand command, ByteBuffer dataOut, Completion completion) {
            ByteBuffer read = Pdu.NO_DATA;
            int first = MemoryDevice.offset(command) / MemoryDevice.BLOCK;
            if (MemoryDevice.opcode(command) == MemoryDevice.WRITE_10) {
                long[] writes = parse(dataOut);
                for (int i = 0; i < writes.length; i++) {
                    SimWorld.check(writes[i] == writes[0] && writes[i] > 0, "a write's data");
                    SimWorld.check(!dead.contains(writes[i]), "late write");
                    blocks[first + i] = writes[i];
                }
            } else {
                int count = MemoryDevice.length(command) / MemoryDevice.BLOCK;
                read = ByteBuffer.allocate(count * MemoryDevice.BLOCK);
                for (int i = 0; i < count; i++) {
                    read.put(fill(1, blocks[first + i]));
                }
                read.flip();
            }
            CommandResult result = result(ScsiStatus.GOOD, read);
            Runnable complete =
                    () -> {
                        executing--;
                        mine--;
                        completion.complete(result);
                    };
            if (world.chance(50)) {
                complete.run();
            } else {
                world.in(world.between(1, 10), complete);
            }
        }

        /** Once released its bytes are overwritten: whoever still needs them will notice. */
        private CommandResult result(ScsiStatus status, ByteBuffer data) {
            leasesOut++;
            boolean[] released = {false};
            return new CommandResult(
                    status.code(),
                    Pdu.NO_DATA,
                    new Payload.Bytes(data),
                    () -> {
                        SimWorld.check(!released[0], "released twice");
                        released[0] = true;
                        leasesOut--;
                        for (int i = 0; i + 8 <= data.limit(); i += 8) {
                            data.putLong(i, -i - 1L);
                        }
                    });
        }

        /** Everybody else's tasks are aborted, those that still collect data as well. */
        @Override
        public void manage(UnitFunction function, Runnable done) {
            Drain drain = new Drain(() -> world.in(world.between(0, 30), done));
            for (Device other : devices) {
                SessionControl control = other.session;
                if (other != this && control != null && !other.lost) {
                    Set<Integer> waiting = Set.copyOf(other.admitted);
                    drain.add();
                    control.abortTasks(() -> {
                        other.ended.addAll(waiting);
                        drain.ended();
                    });
                }
            }
            drain.ended();
        }

        @Override
        public void nexusLost() {
            SimWorld.check(mine == 0, "commands in progress when the nexus is lost");
            lost = true;
            devices.remove(this);
        }
    }
}
