package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.deaths.AtOnce.Outcome;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.e2e.scenario.Tally;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunLimits;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * As {@link TwoControllers}, of the calls that make volumes larger, limit them, and copy them.
 *
 * @param a calls one controller
 * @param b calls the other
 */
record RaceOfCopies(WatchedInstallation watched, Orchestrator a, Orchestrator b, AtOnce atOnce) {
    private static final int ROUNDS = 5;
    private static final long BYTES = TwoControllers.BYTES;
    private static final Repetition ORCHESTRATOR = Repetition.OF_AN_ORCHESTRATOR;

    /** What is made in one round, of the volume that there is in it. */
    private interface Round {
        void race(Volume volume, int number, Map<Code, Integer> counts) throws Exception;
    }

    void run(Tally tally) throws InterruptedException {
        tally.headline("The same with growth, limits and copies, " + ROUNDS + " times each");
        tally.row("ControllerExpandVolume by both, to two sizes", () -> rounds(this::expand));
        tally.row("ControllerModifyVolume by both, to other limits", () -> rounds(this::modify));
        tally.row("CreateSnapshot of one name by both", () -> rounds(this::snapshot));
        tally.row("CreateVolume from a volume, of one name by both", () -> rounds(this::copy));
        tally.row(
                "CreateSnapshot by one, DeleteVolume by the other",
                () -> rounds(this::snapshotAndDelete));
        tally.row(
                "CreateVolumeGroupSnapshot by one, DeleteVolume of a member by the other",
                () -> rounds(this::groupAndDelete));
        tally.row("nothing is left of the copies", () -> Traces.requireNone(watched));
    }

    /** Each with a new volume, which is deleted after it, if it is still there. */
    private String rounds(Round round) throws Exception {
        var counts = new EnumMap<Code, Integer>(Code.class);
        for (int number = 0; number < ROUNDS; number++) {
            Volume volume = a.create("copied-" + number, BYTES);
            round.race(volume, number, counts);
            delete(volume);
        }
        return counts.toString();
    }

    private void expand(Volume volume, int number, Map<Code, Integer> counts) throws Exception {
        atOnce.calls(
                        () -> a.controllerExpand(volume, 2 * BYTES),
                        () -> b.controllerExpand(volume, 3 * BYTES))
                .forEach(one -> one.requireOneOf(AtOnce.HASTE, counts));
        var _ = ORCHESTRATOR.untilOk(() -> a.controllerExpand(volume, 2 * BYTES));
        var _ = ORCHESTRATOR.untilOk(() -> b.controllerExpand(volume, 3 * BYTES));
        long bytes = lun(volume).getSizeBytes();
        check(bytes == 3 * BYTES, "the LUN has " + bytes + " bytes");
    }

    private void modify(Volume volume, int number, Map<Code, Integer> counts) throws Exception {
        List<Outcome<Boolean>> made =
                atOnce.calls(() -> modified(a, volume, 1), () -> modified(b, volume, 2));
        made.forEach(one -> one.requireOneOf(AtOnce.HASTE, counts));
        LunLimits limits = lun(volume).getLimits();
        check(
                limits.equals(limits(1)) || limits.equals(limits(2)),
                "the limits are neither's: " + limits);
    }

    private static boolean modified(Orchestrator orchestrator, Volume volume, int times) {
        orchestrator.modify(
                volume,
                Map.of(
                        "iopsLimit",
                        String.valueOf(1000 * times),
                        "bytesPerSecondLimit",
                        times + "Gi"));
        return true;
    }

    private static LunLimits limits(int times) {
        return LunLimits.newBuilder()
                .setOperationsPerSecond(1000L * times)
                .setBytesPerSecond((long) times << 30)
                .build();
    }

    private void snapshot(Volume volume, int number, Map<Code, Integer> counts) throws Exception {
        String name = "both-" + number;
        Snapshot made =
                same(() -> a.snapshot(name, volume), () -> b.snapshot(name, volume), counts);
        atOnce.calls(() -> deleted(a, made), () -> deleted(b, made))
                .forEach(one -> one.requireOneOf(AtOnce.HASTE, counts));
        var _ = ORCHESTRATOR.untilOk(() -> deleted(a, made));
    }

    private void copy(Volume volume, int number, Map<Code, Integer> counts) throws Exception {
        String name = "both-" + number;
        delete(same(() -> a.copy(name, BYTES, volume), () -> b.copy(name, BYTES, volume), counts));
    }

    /** Both make one thing, and every answer tells of that one. */
    private <T> T same(Callable<T> first, Callable<T> second, Map<Code, Integer> counts)
            throws Exception {
        List<Outcome<T>> made = atOnce.calls(first, second);
        made.forEach(one -> one.requireOneOf(AtOnce.HASTE, counts));
        T there = ORCHESTRATOR.untilOk(first::call);
        check(there.equals(ORCHESTRATOR.untilOk(second::call)), "two were made of one name");
        for (Outcome<T> one : made) {
            check(
                    one.value() == null || one.value().equals(there),
                    "one answered with something that isn't there: " + one.value());
        }
        return there;
    }

    private void snapshotAndDelete(Volume volume, int number, Map<Code, Integer> counts)
            throws Exception {
        List<Outcome<List<Snapshot>>> made =
                atOnce.calls(
                        () -> List.of(a.snapshot("late-" + number, volume)),
                        () -> {
                            b.delete(volume);
                            return List.of();
                        });
        requireWhole(volume, made, counts);
    }

    private void groupAndDelete(Volume volume, int number, Map<Code, Integer> counts)
            throws Exception {
        Volume other = a.create("member-" + number, BYTES);
        List<Outcome<List<Snapshot>>> made =
                atOnce.calls(
                        () ->
                                a.groups()
                                        .create("late-" + number, List.of(volume, other))
                                        .getSnapshotsList(),
                        () -> {
                            b.delete(volume);
                            return List.of();
                        });
        requireWhole(volume, made, counts);
        delete(other);
    }

    /**
     * Either is refused because of the other, or done: a snapshot that was answered is there and
     * whole when its volume is gone.
     */
    private void requireWhole(
            Volume volume, List<Outcome<List<Snapshot>>> made, Map<Code, Integer> counts)
            throws Exception {
        made.getFirst()
                .requireOneOf(
                        Set.of(Code.OK, Code.ABORTED, Code.NOT_FOUND, Code.FAILED_PRECONDITION),
                        counts);
        made.getLast()
                .requireOneOf(Set.of(Code.OK, Code.ABORTED, Code.FAILED_PRECONDITION), counts);
        delete(volume);
        List<Snapshot> answered = made.getFirst().value();
        if (answered == null) {
            return;
        }
        for (Snapshot snapshot : answered) {
            delete(a.restore("whole", BYTES, snapshot));
        }
        deleteAll(answered);
    }

    private void deleteAll(List<Snapshot> snapshots) throws Exception {
        String group = snapshots.getFirst().getGroupSnapshotId();
        if (group.isEmpty()) {
            var _ = ORCHESTRATOR.untilOk(() -> deleted(a, snapshots.getFirst()));
            return;
        }
        List<String> ids = new ArrayList<>();
        snapshots.forEach(snapshot -> ids.add(snapshot.getSnapshotId()));
        a.groups().delete(group, ids);
    }

    private Lun lun(Volume volume) {
        return new LunView(watched.installation(), volume).read();
    }

    private void delete(Volume volume) throws Exception {
        var _ =
                ORCHESTRATOR.untilOk(() -> {
                    a.delete(volume);
                    return true;
                });
    }

    private static boolean deleted(Orchestrator orchestrator, Snapshot snapshot) {
        orchestrator.delete(snapshot);
        return true;
    }
}
