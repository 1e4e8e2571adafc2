package dev.lunaria.node.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.node.attach.LoopDisks;
import dev.lunaria.node.cluster.Heartbeats;
import dev.lunaria.node.cluster.NoSharedFilesystems;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.format.Formatter;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.node.mount.MountPoints;
import dev.lunaria.node.registration.NodeIdentity;
import dev.lunaria.node.volume.Disks;
import dev.lunaria.node.volume.PublishedVolumes;
import dev.lunaria.node.volume.StagedVolumes;
import dev.lunaria.node.volume.StorageConditions;
import dev.lunaria.node.volume.VolumeConditions;
import dev.lunaria.node.volume.VolumeFilesystems;
import dev.lunaria.node.volume.VolumeGrowth;
import dev.lunaria.node.volume.VolumeLocks;
import dev.lunaria.node.volume.VolumeRecords;
import dev.lunaria.node.volume.VolumeStats;
import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.NodeExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeGetCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.NodeGetInfoRequest;
import dev.lunaria.proto.csi.v1.NodeGetStorageHealthRequest;
import dev.lunaria.proto.csi.v1.NodeGetVolumeHealthRequest;
import dev.lunaria.proto.csi.v1.NodeGetVolumeStatsRequest;
import dev.lunaria.proto.csi.v1.NodeGrpc;
import dev.lunaria.proto.csi.v1.NodeGrpc.NodeBlockingStub;
import dev.lunaria.proto.csi.v1.NodePublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeServiceCapability;
import dev.lunaria.proto.csi.v1.NodeStageVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnstageVolumeRequest;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.csi.PublishContext;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.Secret;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The edge, over its socket: what is missing, absurd or unknown gets the specification's code. */
final class NodeServiceIT {
    private static final NodeIdentity NODE =
            new NodeIdentity("mybox0", "cluster", "iqn.2026-11.dev.lunaria:mybox0");
    private static final Map<String, String> CONTEXT =
            new PublishContext(
                            List.of("127.0.0.1:3260"),
                            "iqn.2026-11.dev.lunaria:pool:lun",
                            UUID.randomUUID(),
                            1,
                            "k1")
                    .toMap();

    @TempDir private static Path folder;
    private final KernelCalls kernel = new KernelCalls();
    private final Endpoint.Unix socket =
            new Endpoint.Unix(folder.resolve(UUID.randomUUID().toString().substring(0, 8)));
    private Supplier<NodeIdentity> node = () -> NODE;
    private final GrpcServer server = start(socket, AlphaCalls.HIDDEN);
    private final GrpcChannel channel = GrpcChannel.open(socket);

    private GrpcServer start(Endpoint.Unix endpoint, AlphaCalls alpha) {
        var backend = new LoopDisks();
        VolumeRecords records = VolumeRecords.open(folder.resolve("state"));
        InstallationKeys keys = InstallationKeys.of(Map.of("k1", Secret.of("key")), "k1");
        var disks = new Disks(backend, () -> node.get(), () -> keys, new Heartbeats());
        var locks = new VolumeLocks();
        var mounts = new MountPoints(kernel);
        var filesystems = new VolumeFilesystems(mounts, kernel, new NoSharedFilesystems());
        var staged =
                new StagedVolumes(
                        locks,
                        records,
                        disks,
                        new Formatter(backend, kernel, () -> "none"),
                        filesystems,
                        mounts);
        var published = new PublishedVolumes(locks, records, disks, mounts, staged);
        var growth = new VolumeGrowth(locks, records, disks, mounts, staged, filesystems);
        var stats = new VolumeStats(records, disks, mounts);
        var conditions = new VolumeConditions(records, disks, mounts, staged);
        return GrpcServer.on(endpoint)
                .blockingService(
                        new NodeService(
                                staged,
                                published,
                                growth,
                                stats,
                                conditions,
                                new StorageConditions(disks),
                                new NodeFacts(
                                        () -> node.get(),
                                        256,
                                        Map.of("lunaria.dev/node", "true", "rack", "own"),
                                        alpha)),
                        4)
                .errors(new NodeErrors())
                .start();
    }

    @AfterEach
    void close() {
        channel.close();
        server.close();
        kernel.close();
    }

    private <A> A call(Function<NodeBlockingStub, A> call) {
        return call.apply(
                NodeGrpc.newBlockingStub(channel.channel())
                        .withDeadlineAfter(30, TimeUnit.SECONDS));
    }

    private void assertFails(Status.Code code, String message, Function<NodeBlockingStub, ?> call) {
        assertThatThrownBy(() -> call(call))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> {
                            assertThat(e.getMessage()).contains(message);
                            assertThat(e.getStatus().getCode()).isEqualTo(code);
                        });
    }

    private static VolumeCapability capability(Mode mode) {
        return VolumeCapability.newBuilder()
                .setMount(VolumeCapability.MountVolume.newBuilder().setFsType("ext4"))
                .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode))
                .build();
    }

    private static NodeStageVolumeRequest.Builder stage() {
        return NodeStageVolumeRequest.newBuilder()
                .setVolumeId("pool/lun")
                .setStagingTargetPath(folder + "/staging")
                .setVolumeCapability(capability(Mode.SINGLE_NODE_WRITER))
                .putAllPublishContext(CONTEXT);
    }

    private static NodePublishVolumeRequest.Builder publish() {
        return NodePublishVolumeRequest.newBuilder()
                .setVolumeId("pool/lun")
                .setStagingTargetPath(folder + "/staging")
                .setTargetPath(folder + "/target")
                .setVolumeCapability(capability(Mode.SINGLE_NODE_WRITER));
    }

    private void stageFails(Status.Code code, String message, NodeStageVolumeRequest.Builder r) {
        assertFails(code, message, s -> s.nodeStageVolume(r.build()));
    }

    private void publishFails(
            Status.Code code, String message, NodePublishVolumeRequest.Builder r) {
        assertFails(code, message, s -> s.nodePublishVolume(r.build()));
    }

    @Test
    void stageChecksItsArguments() {
        Status.Code invalid = Status.Code.INVALID_ARGUMENT;
        stageFails(invalid, "volume_id", stage().clearVolumeId());
        stageFails(invalid, "128", stage().setVolumeId("x".repeat(129)));
        stageFails(invalid, "staging_target_path", stage().clearStagingTargetPath());
        stageFails(invalid, "absolute", stage().setStagingTargetPath("relative"));
        stageFails(invalid, "absolute", stage().setStagingTargetPath("/"));
        stageFails(invalid, "'..'", stage().setStagingTargetPath("/a/../b"));
        stageFails(invalid, "4095", stage().setStagingTargetPath("/" + "x".repeat(5000)));
        stageFails(invalid, "volume_capability", stage().clearVolumeCapability());
        stageFails(invalid, "access_mode", stage().setVolumeCapability(capability(Mode.UNKNOWN)));
        stageFails(invalid, "epoch", stage().removePublishContext("epoch"));
        stageFails(invalid, "surprise", stage().putPublishContext("surprise", "1"));
        stageFails(
                invalid,
                "cluster filesystem",
                stage().setVolumeCapability(capability(Mode.MULTI_NODE_MULTI_WRITER)));
    }

    /** What several nodes would destroy is refused wherever it is asked for. */
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs"})
    void aFilesystemForSeveralWritersIsRefusedWithWhatToUseInstead(String filesystem) {
        var shared = capability(Mode.MULTI_NODE_MULTI_WRITER).toBuilder();
        shared.getMountBuilder().setFsType(filesystem);
        String message = filesystem + " can't be written by several nodes";
        stageFails(Status.Code.INVALID_ARGUMENT, message, stage().setVolumeCapability(shared));
        publishFails(
                Status.Code.INVALID_ARGUMENT,
                "volumeMode Block",
                publish().setVolumeCapability(shared));
    }

    @Test
    void aFilesystemOrMountFlagThatIsNotSupportedIsNamed() {
        var zfs = capability(Mode.SINGLE_NODE_WRITER).toBuilder();
        zfs.getMountBuilder().setFsType("zfs");
        stageFails(
                Status.Code.INVALID_ARGUMENT,
                "filesystem \"zfs\" isn't supported",
                stage().setVolumeCapability(zfs));
        var flag = capability(Mode.SINGLE_NODE_WRITER).toBuilder();
        flag.getMountBuilder().addMountFlags("barrier=0");
        stageFails(Status.Code.INVALID_ARGUMENT, "barrier=0", stage().setVolumeCapability(flag));
    }

    @Test
    void aVolumeThatTheTargetDoesNotGrantIsFailedPrecondition() {
        stageFails(Status.Code.FAILED_PRECONDITION, "refuses", stage());
    }

    @Test
    void anInstallationKeyThatTheNodeLacksIsNamed() {
        stageFails(
                Status.Code.FAILED_PRECONDITION,
                "installation key 'k9'",
                stage().putPublishContext("keyId", "k9"));
    }

    @Test
    void publishChecksItsArguments() {
        Status.Code invalid = Status.Code.INVALID_ARGUMENT;
        publishFails(invalid, "volume_id", publish().clearVolumeId());
        publishFails(invalid, "target_path", publish().clearTargetPath());
        publishFails(invalid, "volume_capability", publish().clearVolumeCapability());
        publishFails(invalid, "same", publish().setTargetPath(folder + "/staging"));
        publishFails(
                Status.Code.FAILED_PRECONDITION,
                "staging_target_path",
                publish().clearStagingTargetPath());
        publishFails(Status.Code.FAILED_PRECONDITION, "isn't staged", publish());
    }

    /** CSI spec#477, #610. */
    @Test
    void unstageAndUnpublishOfTheUnknownAreOk() {
        call(s ->
                s.nodeUnpublishVolume(
                        NodeUnpublishVolumeRequest.newBuilder()
                                .setVolumeId("unknown")
                                .setTargetPath(folder + "/unknown")
                                .build()));
        call(s ->
                s.nodeUnstageVolume(
                        NodeUnstageVolumeRequest.newBuilder()
                                .setVolumeId("unknown")
                                .setStagingTargetPath(folder + "/unknown")
                                .build()));
    }

    @Test
    void unstageAndUnpublishCheckTheirArguments() {
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                "volume_id",
                s -> s.nodeUnstageVolume(NodeUnstageVolumeRequest.getDefaultInstance()));
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                "target_path",
                s ->
                        s.nodeUnpublishVolume(
                                NodeUnpublishVolumeRequest.newBuilder().setVolumeId("a").build()));
    }

    @Test
    void statsOfTheUnknownAreNotFound() {
        var request = NodeGetVolumeStatsRequest.newBuilder().setVolumeId("unknown");
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                "volume_path",
                s -> s.nodeGetVolumeStats(request.build()));
        assertFails(
                Status.Code.NOT_FOUND,
                "isn't staged",
                s -> s.nodeGetVolumeStats(request.setVolumePath("/some/path").build()));
        // As csi-sanity asks.
        assertFails(
                Status.Code.NOT_FOUND,
                "isn't absolute",
                s -> s.nodeGetVolumeStats(request.setVolumePath("some/path").build()));
    }

    @Test
    void theHealthOfTheUnknownIsNotFound() {
        var request = NodeGetVolumeHealthRequest.newBuilder();
        assertFails(
                Status.Code.INVALID_ARGUMENT,
                "volume_id",
                s -> s.nodeGetVolumeHealth(request.build()));
        request.setVolumeId("unknown");
        assertFails(
                Status.Code.NOT_FOUND, "isn't staged", s -> s.nodeGetVolumeHealth(request.build()));
    }

    @Test
    void expandChecksItsArguments() {
        Status.Code invalid = Status.Code.INVALID_ARGUMENT;
        expandFails(invalid, "volume_id", expand().clearVolumeId());
        expandFails(invalid, "volume_path", expand().clearVolumePath());
        expandFails(invalid, "negative", expand().setCapacityRange(range(-1, 0)));
        expandFails(invalid, "limit_bytes", expand().setCapacityRange(range(2, 1)));
        expandFails(Status.Code.NOT_FOUND, "isn't staged", expand());
    }

    private static NodeExpandVolumeRequest.Builder expand() {
        return NodeExpandVolumeRequest.newBuilder()
                .setVolumeId("unknown")
                .setVolumePath(folder + "/unknown");
    }

    private static CapacityRange range(long required, long limit) {
        return CapacityRange.newBuilder().setRequiredBytes(required).setLimitBytes(limit).build();
    }

    private void expandFails(Status.Code code, String message, NodeExpandVolumeRequest.Builder r) {
        assertFails(code, message, s -> s.nodeExpandVolume(r.build()));
    }

    /** VOLUME_MOUNT_GROUP would tell kubelet not to chown, and ext4 has no such option. */
    @Test
    void capabilitiesAreThoseThatAreServed() {
        var response =
                call(s -> s.nodeGetCapabilities(NodeGetCapabilitiesRequest.getDefaultInstance()));
        assertThat(response.getCapabilitiesList())
                .extracting(c -> c.getRpc().getType())
                .containsExactlyInAnyOrder(
                        NodeServiceCapability.RPC.Type.STAGE_UNSTAGE_VOLUME,
                        NodeServiceCapability.RPC.Type.GET_VOLUME_STATS,
                        NodeServiceCapability.RPC.Type.EXPAND_VOLUME,
                        NodeServiceCapability.RPC.Type.SINGLE_NODE_MULTI_WRITER);
    }

    /** A checker may have much to say, and gRPC's headers have 8 KiB. */
    @Test
    void aLongMessageArrivesCut() {
        node =
                () -> {
                    throw new NodeFailure(NodeFailure.Kind.UNAVAILABLE, "x\n".repeat(20_000));
                };
        assertFails(
                Status.Code.UNAVAILABLE,
                "…",
                s -> s.nodeGetInfo(NodeGetInfoRequest.getDefaultInstance()));
    }

    @Test
    void infoNamesTheNodeOnceItIsRegistered() {
        node =
                () -> {
                    throw new NodeFailure(NodeFailure.Kind.UNAVAILABLE, "isn't registered yet");
                };
        assertFails(
                Status.Code.UNAVAILABLE,
                "registered",
                s -> s.nodeGetInfo(NodeGetInfoRequest.getDefaultInstance()));
        node = () -> NODE;
        assertThat(call(s -> s.nodeGetInfo(NodeGetInfoRequest.getDefaultInstance())).getNodeId())
                .isEqualTo("mybox0");
    }

    /** What the node was told itself counts more than what the cluster knows of it. */
    @Test
    void infoTellsWhereTheNodeIs() {
        node = () -> new NodeIdentity("mybox0", "c", "iqn.x", Map.of("zone", "a", "rack", "b"));
        assertThat(
                        call(s -> s.nodeGetInfo(NodeGetInfoRequest.getDefaultInstance()))
                                .getAccessibleTopology()
                                .getSegmentsMap())
                .isEqualTo(Map.of("lunaria.dev/node", "true", "rack", "own", "zone", "a"));
    }

    /** CSI v1.13: GET_VOLUME_HEALTH is 7, GET_STORAGE_HEALTH is 8. */
    @Test
    void healthIsAnnouncedWhereThatIsWanted() {
        var announcing =
                new Endpoint.Unix(folder.resolve(UUID.randomUUID().toString().substring(0, 8)));
        try (GrpcServer other = start(announcing, AlphaCalls.ANNOUNCED);
                GrpcChannel to = GrpcChannel.open(announcing)) {
            assertThat(other.endpoint()).isEqualTo(announcing);
            NodeBlockingStub stub =
                    NodeGrpc.newBlockingStub(to.channel()).withDeadlineAfter(30, TimeUnit.SECONDS);
            assertThat(
                            stub.nodeGetCapabilities(
                                            NodeGetCapabilitiesRequest.getDefaultInstance())
                                    .getCapabilitiesList())
                    .extracting(c -> c.getRpc().getTypeValue())
                    .contains(7, 8)
                    .hasSize(6);
            assertThat(
                            stub.nodeGetStorageHealth(
                                            NodeGetStorageHealthRequest.getDefaultInstance())
                                    .getBackendHealthList())
                    .isEmpty();
        }
    }
}
