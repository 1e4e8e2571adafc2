package dev.lunaria.target.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.OperationCode;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.iscsi.scsi.ReserveOutList;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.target.device.UnitRig.Initiator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever four nexuses register, reserve, preempt and release, in whatever order, with fences and
 * lost sessions in between: who may read and write, and what each command answers, is what a model
 * of a few lines says.
 *
 * <p>{@code -Dsimulation.seed=N} runs one seed.
 */
class ReservationSimulationTest {
    private static final int SEEDS = 300;
    private static final int STEPS = 120;
    private static final int NEXUSES = 4;
    private static final int KEYS = 3;
    private static final ReservationType[] TYPES = ReservationType.values();

    /** The standard's prose, by nexus number; a key of 0 is no registration. */
    private static final class Model {
        final long[] keys = new long[NEXUSES];
        @Nullable ReservationType type;
        int holder;

        boolean isHolder(int nexus) {
            return type != null && keys[nexus] != 0 && (type.isHeldByAll() || holder == nexus);
        }

        boolean mayWrite(int nexus) {
            return type == null
                    || isHolder(nexus)
                    || (type.admitsRegistrants() && keys[nexus] != 0);
        }

        boolean mayRead(int nexus) {
            return type == null || !type.reservesReads() || mayWrite(nexus);
        }

        void remove(int nexus) {
            boolean held = isHolder(nexus);
            keys[nexus] = 0;
            if (type != null && (type.isHeldByAll() ? !anybody() : held)) {
                type = null;
            }
        }

        private boolean anybody() {
            for (long key : keys) {
                if (key != 0) {
                    return true;
                }
            }
            return false;
        }

        /** What a command answers: GOOD, CONFLICT, or CHECK CONDITION. */
        ScsiStatus apply(int nexus, OperationCode op, long key, long other, ReservationType wants) {
            boolean registered = keys[nexus] != 0;
            if (op == OperationCode.PERSISTENT_RESERVE_OUT_REGISTER && keys[nexus] != key) {
                return ScsiStatus.RESERVATION_CONFLICT;
            }
            if (op == OperationCode.PERSISTENT_RESERVE_OUT_REGISTER
                    || op == OperationCode.PERSISTENT_RESERVE_OUT_REGISTER_AND_IGNORE) {
                if (other == 0) {
                    remove(nexus);
                } else {
                    keys[nexus] = other;
                }
                return ScsiStatus.GOOD;
            }
            if (!registered || keys[nexus] != key) {
                return ScsiStatus.RESERVATION_CONFLICT;
            }
            return switch (op) {
                case PERSISTENT_RESERVE_OUT_RESERVE -> reserve(nexus, wants);
                case PERSISTENT_RESERVE_OUT_RELEASE -> {
                    if (isHolder(nexus) && type != wants) {
                        yield ScsiStatus.CHECK_CONDITION;
                    }
                    type = isHolder(nexus) ? null : type;
                    yield ScsiStatus.GOOD;
                }
                case PERSISTENT_RESERVE_OUT_CLEAR -> {
                    for (int i = 0; i < NEXUSES; i++) {
                        keys[i] = 0;
                    }
                    type = null;
                    yield ScsiStatus.GOOD;
                }
                default -> preempt(nexus, other, wants);
            };
        }

        private ScsiStatus reserve(int nexus, ReservationType wants) {
            if (type != null && !(isHolder(nexus) && type == wants)) {
                return ScsiStatus.RESERVATION_CONFLICT;
            }
            if (type == null) {
                holder = nexus;
            }
            type = wants;
            return ScsiStatus.GOOD;
        }

        private ScsiStatus preempt(int nexus, long victim, ReservationType wants) {
            boolean takesOver =
                    type != null && (type.isHeldByAll() ? victim == 0 : keys[holder] == victim);
            if (!takesOver && victim == 0) {
                return ScsiStatus.CHECK_CONDITION;
            }
            Set<Integer> victims = new HashSet<>();
            for (int i = 0; i < NEXUSES; i++) {
                if (keys[i] != 0 && (keys[i] == victim || (takesOver && victim == 0))) {
                    victims.add(i);
                }
            }
            if (victims.isEmpty()) {
                return ScsiStatus.RESERVATION_CONFLICT;
            }
            if (takesOver) {
                type = null;
                victims.remove(nexus);
            }
            victims.forEach(this::remove);
            if (takesOver) {
                type = wants;
                holder = nexus;
            }
            return ScsiStatus.GOOD;
        }
    }

    @Test
    void the_unit_does_what_the_standards_prose_says() {
        Long one = Long.getLong("simulation.seed");
        Map<ScsiStatus, Integer> seen = new HashMap<>();
        for (long seed = one == null ? 1 : one; seed <= (one == null ? SEEDS : one); seed++) {
            try {
                simulate(new Random(seed), seen);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
        System.out.println("ReservationSimulationTest: " + seen);
        assertThat(seen.keySet()).contains(ScsiStatus.GOOD, ScsiStatus.RESERVATION_CONFLICT);
    }

    private static void simulate(Random random, Map<ScsiStatus, Integer> seen) {
        UnitRig rig = new UnitRig().inUse();
        Model model = new Model();
        List<Initiator> nodes = new ArrayList<>();
        for (int i = 0; i < NEXUSES; i++) {
            nodes.add(login(rig, i));
        }
        for (int step = 0; step < STEPS; step++) {
            int nexus = random.nextInt(NEXUSES);
            int dice = random.nextInt(100);
            if (dice < 5) {
                fence(rig, nexus);
                model.remove(nexus);
            } else if (dice < 10) {
                nodes.get(nexus).device.nexusLost();
                nodes.set(nexus, login(rig, nexus));
            } else {
                command(random, nodes.get(nexus), nexus, model, seen);
            }
            for (int i = 0; i < NEXUSES; i++) {
                hear(nodes.get(i));
                access(nodes.get(i), i, model);
            }
        }
    }

    private static Initiator login(UnitRig rig, int nexus) {
        return rig.login("n" + nexus);
    }

    /** The catalog removes them; the unit is told. */
    private static void fence(UnitRig rig, int nexus) {
        String name = "iqn.2026-11.dev.lunaria:n" + nexus;
        Reservations before = rig.reservations.current();
        rig.reservations.set(before.withoutInitiator(name));
        rig.unit.fenced(before, name);
    }

    private static void command(
            Random random, Initiator node, int nexus, Model model, Map<ScsiStatus, Integer> seen) {
        OperationCode[] operations = {
            OperationCode.PERSISTENT_RESERVE_OUT_REGISTER,
            OperationCode.PERSISTENT_RESERVE_OUT_REGISTER,
            OperationCode.PERSISTENT_RESERVE_OUT_REGISTER_AND_IGNORE,
            OperationCode.PERSISTENT_RESERVE_OUT_RESERVE,
            OperationCode.PERSISTENT_RESERVE_OUT_RESERVE,
            OperationCode.PERSISTENT_RESERVE_OUT_RELEASE,
            OperationCode.PERSISTENT_RESERVE_OUT_CLEAR,
            OperationCode.PERSISTENT_RESERVE_OUT_PREEMPT,
            OperationCode.PERSISTENT_RESERVE_OUT_PREEMPT_AND_ABORT
        };
        OperationCode op = operations[random.nextInt(operations.length)];
        long key = random.nextInt(4) == 0 ? random.nextInt(KEYS + 1) : model.keys[nexus];
        long other = random.nextInt(KEYS + 1);
        ReservationType type = TYPES[random.nextInt(TYPES.length)];
        if (model.type != null && random.nextBoolean()) {
            type = model.type;
        }
        ByteBuffer list = ReserveOutList.of(key, other, false, false).encode(op);
        ByteBuffer direct = ByteBuffer.allocateDirect(list.remaining()).put(list).flip();
        int status =
                node.send(
                                new Cdb.PersistentReserveOut(
                                        op, 0, type.code(), direct.remaining()),
                                direct)
                        .status();
        ScsiStatus expected = model.apply(nexus, op, key, other, type);
        assertThat(ScsiStatus.of(status)).as("%s by %d", op, nexus).contains(expected);
        seen.merge(expected, 1, Integer::sum);
    }

    /** Takes whatever unit attention waits. */
    private static void hear(Initiator node) {
        while (node.send(new Cdb.TestUnitReady()).status() != ScsiStatus.GOOD.code()) {
            // The next one.
        }
    }

    private static void access(Initiator node, int nexus, Model model) {
        UnitRig.Outcome read = node.send(new Cdb.Read(OperationCode.READ_10, 0, 1, false, false));
        assertThat(ScsiStatus.of(read.status()))
                .as("read by %d", nexus)
                .contains(model.mayRead(nexus) ? ScsiStatus.GOOD : ScsiStatus.RESERVATION_CONFLICT);
        read.data();
        UnitRig.Outcome write =
                node.send(
                        new Cdb.Write(OperationCode.WRITE_10, 0, 1, false, false),
                        UnitRig.filled(UnitRig.BLOCK, 1));
        assertThat(ScsiStatus.of(write.status()))
                .as("write by %d", nexus)
                .contains(
                        model.mayWrite(nexus) ? ScsiStatus.GOOD : ScsiStatus.RESERVATION_CONFLICT);
    }
}
