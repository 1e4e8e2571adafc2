package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.PodFiles;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeGroupSnapshot;
import dev.lunaria.proto.target.v1.ListSnapshotsRequest;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is copied from a volume in its life: a snapshot, what is restored from it, a clone, a group
 * of snapshots; each with the files that it has to hold. Used by one thread at a time.
 *
 * <p>What is being copied when a target server dies has failed. A snapshot that has is deleted by
 * whoever took it and taken again (decision 021); of a volume that has, the next call makes
 * another.
 */
final class LifeCopies {
    private static final long LARGER_BYTES = 1280L << 20;
    private static final long DEADLINE_SECONDS = 10;

    /** In the message about a snapshot or a group that could not be finished. */
    private static final Pattern FAILED_ID = Pattern.compile("delete it \\(([^)]+)\\)");

    private final Installation installation;
    private final Orchestrator orchestrator;
    private final String name;

    private @Nullable Copy<Snapshot> snapshot;
    private @Nullable Copy<Volume> restored;
    private @Nullable Copy<Volume> clone;
    private @Nullable Copy<VolumeGroupSnapshot> group;

    /** Something copied, and the pod's files at that instant. */
    private record Copy<T>(T made, PodFiles files) {}

    /** A volume that is used on a node, looked at, and given up. */
    interface Visit {
        /** Sees that the files are on the volume, and no others. */
        void see(Volume volume, PodFiles files, long bytes) throws Exception;
    }

    private interface Making<T> {
        T make() throws InterruptedException;
    }

    LifeCopies(Installation installation, Orchestrator orchestrator, String name) {
        this.installation = installation;
        this.orchestrator = orchestrator;
        this.name = name;
    }

    private static <T> T there(@Nullable Copy<T> copy) {
        if (copy == null) {
            throw new IllegalStateException("it isn't made yet");
        }
        return copy.made();
    }

    private static <T> Copy<T> same(@Nullable Copy<T> before, T made, PodFiles files, String call) {
        check(
                before == null || before.made().equals(made),
                call + " made two of one name, or tells them differently");
        return new Copy<>(made, files.copy());
    }

    /** CreateSnapshot. */
    void takeSnapshot(Volume volume, PodFiles files) throws InterruptedException {
        Snapshot made =
                unfinished(
                        () -> orchestrator.snapshot(name + "-snapshot", volume),
                        orchestrator::deleteSnapshot);
        snapshot = same(snapshot, made, files, "CreateSnapshot");
    }

    /** CreateVolume from the snapshot. */
    void restore() throws InterruptedException {
        Copy<Snapshot> from = snapshot;
        Volume made =
                unfinished(
                        () -> orchestrator.restore(name + "-restored", LARGER_BYTES, there(from)),
                        _ -> {});
        restored =
                same(
                        restored,
                        made,
                        from == null ? new PodFiles() : from.files(),
                        "CreateVolume from a snapshot");
    }

    /** CreateVolume from the volume. */
    void copy(Volume volume, long bytes, PodFiles files) throws InterruptedException {
        Volume made = unfinished(() -> orchestrator.copy(name + "-clone", bytes, volume), _ -> {});
        clone = same(clone, made, files, "CreateVolume from a volume");
    }

    /** CreateVolumeGroupSnapshot of the volume and its clone. */
    void takeGroup(Volume volume, PodFiles files) throws InterruptedException {
        List<Volume> members = List.of(volume, there(clone));
        VolumeGroupSnapshot made =
                unfinished(
                        () -> orchestrator.groups().create(name + "-group", members),
                        id -> orchestrator.groups().delete(id, List.of()));
        check(made.getSnapshotsCount() == members.size(), "the group holds " + made);
        check(
                made.getSnapshotsList().stream().map(Snapshot::getCreationTime).distinct().count()
                        == 1,
                "the group's snapshots are of more than one instant: " + made);
        group = same(group, made, files, "CreateVolumeGroupSnapshot");
    }

    /**
     * Makes something of which an earlier attempt may have failed for good with the target server's
     * death: then that is removed, and it is made once more.
     */
    private static <T> T unfinished(Making<T> making, Consumer<String> remove)
            throws InterruptedException {
        try {
            return making.make();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Code.INTERNAL) {
                throw e;
            }
            Matcher id = FAILED_ID.matcher(String.valueOf(e.getStatus().getDescription()));
            if (id.find()) {
                remove.accept(id.group(1));
            }
            return making.make();
        }
    }

    /** The volumes that were made hold the files of their instants, and nothing later. */
    void examine(Visit visit) throws Exception {
        Copy<Volume> first = restored;
        Copy<Volume> second = clone;
        Copy<VolumeGroupSnapshot> third = group;
        if (first == null || second == null || third == null) {
            throw new IllegalStateException("not everything was copied");
        }
        visit.see(first.made(), first.files(), LARGER_BYTES);
        visit.see(second.made(), second.files(), second.made().getCapacityBytes());
        for (Snapshot member : third.made().getSnapshotsList()) {
            boolean ofClone = member.getSourceVolumeId().equals(second.made().getVolumeId());
            Volume volume = orchestrator.restore(name + "-member", LARGER_BYTES, member);
            visit.see(volume, ofClone ? second.files() : third.files(), LARGER_BYTES);
            orchestrator.delete(volume);
        }
    }

    /** DeleteVolumeGroupSnapshot. */
    void deleteGroup() {
        orchestrator.groups().delete(there(group));
    }

    /** DeleteSnapshot. */
    void deleteSnapshot() {
        orchestrator.delete(there(snapshot));
    }

    /** DeleteVolume of what was restored and cloned. */
    void deleteVolumes() {
        orchestrator.delete(there(restored));
        orchestrator.delete(there(clone));
    }

    /** The target has the snapshot alone, whole; or none where it was deleted. */
    void requireSnapshots(boolean deleted) {
        List<String> wanted =
                Optional.ofNullable(snapshot)
                        .filter(_ -> !deleted)
                        .map(copy -> copy.made().getSnapshotId())
                        .stream()
                        .toList();
        List<String> found =
                SnapshotsGrpc.newBlockingStub(installation.admin().channel())
                        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                        .listSnapshots(ListSnapshotsRequest.getDefaultInstance())
                        .getSnapshotsList()
                        .stream()
                        .map(one -> one.getPool() + "/" + one.getSnapshot())
                        .toList();
        check(found.equals(wanted), "the target has snapshots %s, not %s".formatted(found, wanted));
    }
}
