package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.deaths.ExpectedCodes.Line;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.e2e.scenario.Tally;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeGroupSnapshot;
import io.grpc.Status.Code;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * As {@link WrongOrder}, of the calls that make volumes larger, limit them, and copy them. Two
 * volumes go through it; used by one thread. XFS, which grows under a pod on every machine.
 */
final class WrongOrderOfCopies {
    private static final long BYTES = 320L << 20;
    private static final String NAME = "order-copies";
    private static final String SNAPSHOT = "order-snapshot";
    private static final String CLONE = "order-clone";
    private static final String RESTORED = "order-restored";
    private static final String GROUP = "order-group";

    private final Tally tally;
    private final WatchedInstallation watched;
    private final Orchestrator orchestrator;
    private final NodeHost host;

    private Volume volume = Volume.getDefaultInstance();
    private Volume another = Volume.getDefaultInstance();
    private Volume clone = Volume.getDefaultInstance();
    private Volume restored = Volume.getDefaultInstance();
    private Snapshot snapshot = Snapshot.getDefaultInstance();
    private VolumeGroupSnapshot group = VolumeGroupSnapshot.getDefaultInstance();
    private Map<String, String> context = Map.of();

    WrongOrderOfCopies(Tally tally, WatchedInstallation watched) {
        this.tally = tally;
        this.watched = watched;
        this.orchestrator = watched.orchestrator().using(Orchestrator.XFS_ON_ONE_NODE);
        this.host = watched.host(0);
    }

    /** Carries out its rows. */
    void run() throws InterruptedException {
        var codes = new ExpectedCodes(tally);
        Volume made = orchestrator.create(NAME, BYTES);
        another = orchestrator.create("order-another", BYTES);
        String never = made.getVolumeId().replaceFirst("/.*", "/") + UUID.randomUUID();
        volume = Volume.newBuilder().setVolumeId(never).build();
        snapshot = Snapshot.newBuilder().setSnapshotId(never).build();
        codes.rows(neverMade());
        volume = made;
        codes.rows(unpublished());
        codes.rows(inUse());
        codes.rows(copied());
        codes.rows(gone());
        tally.row("nothing is left of the copies", () -> Traces.requireNone(watched));
    }

    private List<Line> neverMade() {
        return List.of(
                new Line(
                        "ControllerExpandVolume of one that never was",
                        Code.NOT_FOUND,
                        () -> expand(2 * BYTES)),
                new Line(
                        "ControllerModifyVolume of one that never was",
                        Code.NOT_FOUND,
                        () -> modify("iopsLimit")),
                new Line(
                        "NodeExpandVolume of one that never was",
                        Code.NOT_FOUND,
                        () -> nodeExpand(NAME, BYTES)),
                new Line(
                        "CreateSnapshot of one that never was",
                        Code.NOT_FOUND,
                        () -> takeSnapshot(volume)),
                new Line(
                        "CreateVolumeGroupSnapshot of one that never was, and one that is",
                        Code.NOT_FOUND,
                        () -> takeGroup(volume, another)),
                new Line(
                        "CreateVolume from a volume that never was",
                        Code.NOT_FOUND,
                        () -> copy(volume)),
                new Line(
                        "CreateVolume from a snapshot that never was",
                        Code.NOT_FOUND,
                        this::restore),
                new Line("DeleteSnapshot of one that never was", Code.OK, this::deleteSnapshot),
                new Line(
                        "DeleteVolumeGroupSnapshot of one that never was",
                        Code.OK,
                        () ->
                                orchestrator
                                        .groups()
                                        .delete(UUID.randomUUID().toString(), List.of())));
    }

    private List<Line> unpublished() {
        return List.of(
                new Line(
                        "NodeExpandVolume before NodeStageVolume",
                        Code.NOT_FOUND,
                        () -> nodeExpand(NAME, BYTES)),
                new Line(
                        "ControllerModifyVolume of what can't be modified",
                        Code.INVALID_ARGUMENT,
                        () -> modify("target")),
                new Line("CreateVolume from the volume", Code.OK, () -> copy(volume)),
                new Line(
                        "CreateVolume of the clone's name from another volume",
                        Code.ALREADY_EXISTS,
                        () -> copy(another)),
                new Line(
                        "CreateVolume of the clone's name from nothing",
                        Code.ALREADY_EXISTS,
                        () -> orchestrator.create(CLONE, BYTES)),
                new Line("ControllerExpandVolume", Code.OK, () -> expand(2 * BYTES)),
                new Line(
                        "ControllerExpandVolume to fewer bytes: it stays",
                        Code.OK,
                        () -> expand(BYTES)),
                new Line(
                        "CreateVolume of the name and size of before: it is the same",
                        Code.OK,
                        this::createAgain));
    }

    private List<Line> inUse() {
        return List.of(
                new Line("a pod uses it", Code.OK, this::use),
                new Line(
                        "NodeExpandVolume before ControllerExpandVolume",
                        Code.OUT_OF_RANGE,
                        () -> nodeExpand(NAME, 3 * BYTES)),
                new Line(
                        "NodeExpandVolume where no pod has it",
                        Code.NOT_FOUND,
                        () -> nodeExpand("no-pod", 2 * BYTES)),
                new Line("ControllerExpandVolume under a pod", Code.OK, () -> expand(3 * BYTES)),
                new Line("NodeExpandVolume", Code.OK, () -> nodeExpand(NAME, 3 * BYTES)),
                new Line(
                        "NodeExpandVolume to fewer bytes",
                        Code.OK,
                        () -> nodeExpand(NAME, 2 * BYTES)),
                new Line("CreateSnapshot", Code.OK, () -> takeSnapshot(volume)),
                new Line(
                        "CreateSnapshot of the name of another volume",
                        Code.ALREADY_EXISTS,
                        () -> takeSnapshot(another)),
                new Line("CreateVolumeGroupSnapshot", Code.OK, () -> takeGroup(volume, another)),
                new Line(
                        "CreateVolumeGroupSnapshot of the name of another volume",
                        Code.ALREADY_EXISTS,
                        () -> takeGroup(another, clone)),
                new Line("the pod ends", Code.OK, this::release),
                new Line(
                        "NodeExpandVolume after NodeUnstageVolume",
                        Code.NOT_FOUND,
                        () -> nodeExpand(NAME, 3 * BYTES)));
    }

    private List<Line> copied() {
        return List.of(
                new Line(
                        "DeleteSnapshot of one of a group",
                        Code.INVALID_ARGUMENT,
                        () -> orchestrator.delete(group.getSnapshots(0))),
                new Line(
                        "DeleteVolumeGroupSnapshot with a snapshot that isn't its own",
                        Code.INVALID_ARGUMENT,
                        () ->
                                orchestrator
                                        .groups()
                                        .delete(
                                                group.getGroupSnapshotId(),
                                                List.of(snapshot.getSnapshotId()))),
                new Line(
                        "DeleteVolume before its snapshots'",
                        Code.OK,
                        () -> orchestrator.delete(volume)),
                new Line(
                        "CreateSnapshot again after DeleteVolume: it is the same",
                        Code.OK,
                        () -> takeSnapshot(volume)),
                new Line(
                        "CreateSnapshot of another name after DeleteVolume",
                        Code.NOT_FOUND,
                        () -> orchestrator.snapshot("order-too-late", volume)),
                new Line(
                        "ControllerExpandVolume after DeleteVolume",
                        Code.NOT_FOUND,
                        () -> expand(4 * BYTES)),
                new Line(
                        "ControllerModifyVolume after DeleteVolume",
                        Code.NOT_FOUND,
                        () -> modify("iopsLimit")),
                new Line("CreateVolume from the snapshot after it", Code.OK, this::restore));
    }

    private List<Line> gone() {
        return List.of(
                new Line("DeleteVolumeGroupSnapshot", Code.OK, this::deleteGroup),
                new Line("DeleteVolumeGroupSnapshot again", Code.OK, this::deleteGroup),
                new Line("DeleteSnapshot", Code.OK, this::deleteSnapshot),
                new Line("DeleteSnapshot again", Code.OK, this::deleteSnapshot),
                new Line(
                        "CreateVolume from the snapshot again after DeleteSnapshot: it is the same",
                        Code.OK,
                        this::restore),
                new Line(
                        "CreateVolume of another name from the snapshot after DeleteSnapshot",
                        Code.NOT_FOUND,
                        () -> orchestrator.restore("order-too-late", 4 * BYTES, snapshot)),
                new Line(
                        "DeleteVolume of all",
                        Code.OK,
                        () -> List.of(clone, restored, another).forEach(orchestrator::delete)));
    }

    private void expand(long bytes) {
        var _ = orchestrator.controllerExpand(volume, bytes);
        long now = new LunView(watched.installation(), volume).read().getSizeBytes();
        check(now >= bytes, "the LUN has %d bytes after an expansion to %d".formatted(now, bytes));
    }

    private void createAgain() {
        Volume again = orchestrator.create(NAME, BYTES);
        check(
                again.getVolumeId().equals(volume.getVolumeId()),
                "CreateVolume made another volume of the name");
    }

    private void modify(String parameter) {
        orchestrator.modify(volume, Map.of(parameter, "20000"));
    }

    private void nodeExpand(String pod, long bytes) {
        orchestrator.nodeExpand(volume, host, pod, bytes);
    }

    private void use() throws Exception {
        context = orchestrator.controllerPublish(volume, host);
        orchestrator.stage(volume, host, context);
        var _ = orchestrator.publish(volume, host, context, NAME);
    }

    private void release() {
        orchestrator.unpublish(volume, host, NAME);
        orchestrator.unstage(volume, host);
        orchestrator.controllerUnpublish(volume, host);
    }

    private void copy(Volume source) throws InterruptedException {
        clone = orchestrator.copy(CLONE, BYTES, source);
    }

    private void restore() throws InterruptedException {
        Volume made = orchestrator.restore(RESTORED, 4 * BYTES, snapshot);
        check(
                restored.getVolumeId().isEmpty() || restored.equals(made),
                "CreateVolume made two volumes of one name");
        restored = made;
    }

    private void takeSnapshot(Volume of) throws InterruptedException {
        Snapshot made = orchestrator.snapshot(SNAPSHOT, of);
        check(
                snapshot.getSourceVolumeId().isEmpty() || snapshot.equals(made),
                "CreateSnapshot took two snapshots of one name");
        snapshot = made;
    }

    private void deleteSnapshot() {
        orchestrator.delete(snapshot);
    }

    private void takeGroup(Volume... of) throws InterruptedException {
        group = orchestrator.groups().create(GROUP, List.of(of));
    }

    private void deleteGroup() {
        orchestrator.groups().delete(group);
    }
}
