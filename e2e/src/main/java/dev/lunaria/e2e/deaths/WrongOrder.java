package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.deaths.ExpectedCodes.Line;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.scenario.Tally;
import dev.lunaria.proto.csi.v1.ControllerGrpc;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeGrpc;
import dev.lunaria.proto.csi.v1.NodeStageVolumeRequest;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.Status.Code;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Calls in an order in which no orchestrator should make them, each with the code that it is to be
 * answered with (CSI 1.x, "Error Scheme"). One volume goes through all of them; used by one thread.
 */
final class WrongOrder {
    private static final long BYTES = 64L << 20;
    private static final String NAME = "order";
    private static final String POD = "pod";

    private final Tally tally;
    private final Installation installation;
    private final Orchestrator orchestrator;
    private final NodeHost host;
    private final NodeHost other;
    private Volume volume = Volume.getDefaultInstance();
    private Map<String, String> context = Map.of();
    private Map<String, String> oldContext = Map.of();

    WrongOrder(Tally tally, WatchedInstallation watched) {
        this.tally = tally;
        this.installation = watched.installation();
        this.orchestrator = watched.orchestrator();
        this.host = watched.host(0);
        this.other = watched.host(1);
    }

    /** Carries out its rows. */
    void run() throws InterruptedException {
        tally.headline("Calls in the wrong order");
        var codes = new ExpectedCodes(tally);
        Volume made = orchestrator.create(NAME, BYTES);
        String pool = made.getVolumeId().replaceFirst("/.*", "/");
        volume = Volume.newBuilder().setVolumeId(pool + UUID.randomUUID()).build();
        codes.rows(neverMade());
        volume = made;
        codes.rows(unpublished());
        codes.rows(published());
        codes.rows(staged());
        codes.rows(fenced());
        codes.rows(gone());
    }

    private List<Line> neverMade() {
        return List.of(
                new Line("DeleteVolume of one that never was", Code.OK, this::delete),
                new Line(
                        "ControllerPublishVolume of one that never was",
                        Code.NOT_FOUND,
                        () -> publish(host)),
                new Line(
                        "ControllerUnpublishVolume of one that never was",
                        Code.OK,
                        () -> orchestrator.controllerUnpublish(volume, host)),
                new Line("NodeUnpublishVolume of one that never was", Code.OK, this::nodeUnpublish),
                new Line("NodeUnstageVolume of one that never was", Code.OK, this::unstage));
    }

    private List<Line> unpublished() {
        return List.of(
                new Line(
                        "CreateVolume of the name in another size",
                        Code.ALREADY_EXISTS,
                        () -> orchestrator.create(NAME, 2 * BYTES)),
                new Line(
                        "ControllerUnpublishVolume before ControllerPublishVolume",
                        Code.OK,
                        () -> orchestrator.controllerUnpublish(volume, host)),
                new Line(
                        "ControllerPublishVolume to a node that isn't there",
                        Code.NOT_FOUND,
                        this::publishToNobody),
                new Line(
                        "NodeStageVolume without a publish context",
                        Code.INVALID_ARGUMENT,
                        () -> orchestrator.stage(volume, host, Map.of())),
                new Line("ControllerPublishVolume", Code.OK, () -> publish(host)));
    }

    private List<Line> published() {
        return List.of(
                new Line(
                        "ControllerPublishVolume to a second node",
                        Code.FAILED_PRECONDITION,
                        () -> publish(other)),
                new Line(
                        "NodeStageVolume on a node that it isn't published to",
                        Code.FAILED_PRECONDITION,
                        () -> orchestrator.stage(volume, other, context)),
                new Line(
                        "NodePublishVolume before NodeStageVolume",
                        Code.FAILED_PRECONDITION,
                        this::nodePublish),
                new Line("NodeUnstageVolume before NodeStageVolume", Code.OK, this::unstage),
                new Line(
                        "NodeUnpublishVolume before NodePublishVolume",
                        Code.OK,
                        this::nodeUnpublish),
                new Line(
                        "DeleteVolume while it is published",
                        Code.FAILED_PRECONDITION,
                        this::delete),
                new Line("NodeStageVolume", Code.OK, this::stage));
    }

    private List<Line> staged() {
        return List.of(
                new Line(
                        "NodeStageVolume at a second path",
                        Code.ALREADY_EXISTS,
                        this::stageElsewhere),
                new Line("NodePublishVolume", Code.OK, this::nodePublish),
                new Line(
                        "NodeUnstageVolume while a pod has it",
                        Code.FAILED_PRECONDITION,
                        this::unstage),
                new Line("DeleteVolume while a pod has it", Code.FAILED_PRECONDITION, this::delete),
                new Line("NodeUnpublishVolume", Code.OK, this::nodeUnpublish),
                new Line("NodeUnpublishVolume again", Code.OK, this::nodeUnpublish),
                new Line("NodeUnstageVolume", Code.OK, this::unstage),
                new Line("NodeUnstageVolume again", Code.OK, this::unstage),
                new Line(
                        "NodePublishVolume after NodeUnstageVolume",
                        Code.FAILED_PRECONDITION,
                        this::nodePublish),
                new Line("NodeStageVolume again", Code.OK, this::stage));
    }

    private List<Line> fenced() {
        return List.of(
                new Line(
                        "ControllerUnpublishVolume while it is staged",
                        Code.OK,
                        () -> orchestrator.controllerUnpublish(volume, host)),
                new Line(
                        "ControllerUnpublishVolume again",
                        Code.OK,
                        () -> orchestrator.controllerUnpublish(volume, host)),
                new Line("NodeUnstageVolume after it", Code.OK, this::unstage),
                new Line(
                        "NodeStageVolume with the publish context of before",
                        Code.FAILED_PRECONDITION,
                        this::stage),
                new Line("ControllerPublishVolume again", Code.OK, this::publishAgain),
                new Line("NodeStageVolume after it", Code.OK, this::stage),
                new Line(
                        "NodeStageVolume with the publish context of before, over the new one",
                        Code.FAILED_PRECONDITION,
                        () -> orchestrator.stage(volume, host, oldContext)),
                new Line("NodeUnstageVolume at last", Code.OK, this::unstage),
                new Line(
                        "ControllerUnpublishVolume at last",
                        Code.OK,
                        () -> orchestrator.controllerUnpublish(volume, host)));
    }

    private List<Line> gone() {
        return List.of(
                new Line("DeleteVolume", Code.OK, this::delete),
                new Line("DeleteVolume again", Code.OK, this::delete),
                new Line(
                        "ControllerPublishVolume after DeleteVolume",
                        Code.NOT_FOUND,
                        () -> publish(host)),
                new Line(
                        "ControllerUnpublishVolume after DeleteVolume",
                        Code.OK,
                        () -> orchestrator.controllerUnpublish(volume, host)),
                new Line(
                        "NodeStageVolume after DeleteVolume",
                        Code.FAILED_PRECONDITION,
                        this::stage),
                new Line("NodeUnstageVolume after DeleteVolume", Code.OK, this::unstage));
    }

    private void delete() {
        orchestrator.delete(volume);
    }

    private void publish(NodeHost to) {
        context = orchestrator.controllerPublish(volume, to);
    }

    private void publishAgain() {
        oldContext = context;
        publish(host);
        check(!context.equals(oldContext), "a new grant has the publish context of the fenced one");
    }

    private void publishToNobody() {
        var _ =
                ControllerGrpc.newBlockingStub(installation.csi().channel())
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .controllerPublishVolume(
                                ControllerPublishVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setNodeId("nobody")
                                        .setVolumeCapability(Orchestrator.EXT4_ON_ONE_NODE)
                                        .build());
    }

    private void stage() throws Exception {
        orchestrator.stage(volume, host, context);
    }

    private void stageElsewhere() {
        var _ =
                NodeGrpc.newBlockingStub(host.csi().channel())
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .nodeStageVolume(
                                NodeStageVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .putAllPublishContext(context)
                                        .setStagingTargetPath(
                                                installation
                                                        .layout()
                                                        .staging(host.name(), "elsewhere")
                                                        .toString())
                                        .setVolumeCapability(Orchestrator.EXT4_ON_ONE_NODE)
                                        .build());
    }

    private void unstage() {
        orchestrator.unstage(volume, host);
    }

    private void nodePublish() throws Exception {
        var _ = orchestrator.publish(volume, host, context, POD);
    }

    private void nodeUnpublish() {
        orchestrator.unpublish(volume, host, POD);
    }
}
