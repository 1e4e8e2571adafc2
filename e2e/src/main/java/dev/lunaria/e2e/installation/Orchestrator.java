package dev.lunaria.e2e.installation;

import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerGrpc;
import dev.lunaria.proto.csi.v1.ControllerModifyVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.CreateSnapshotRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.csi.v1.DeleteVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeGetInfoRequest;
import dev.lunaria.proto.csi.v1.NodeGrpc;
import dev.lunaria.proto.csi.v1.NodePublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeStageVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnstageVolumeRequest;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode;
import dev.lunaria.proto.csi.v1.VolumeCapability.BlockVolume;
import dev.lunaria.proto.csi.v1.VolumeCapability.MountVolume;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Does with volumes what Kubernetes does: CSI calls in its order, with its folders. Nothing else.
 *
 * <p>Stateless. Each call has a deadline; failures are {@code StatusRuntimeException}s as the
 * plugin sent them.
 */
public final class Orchestrator {
    static final long DEADLINE_SECONDS = 60;

    /** An ext4 filesystem for one node at a time: ReadWriteOnce. */
    public static final VolumeCapability EXT4_ON_ONE_NODE =
            VolumeCapability.newBuilder()
                    .setMount(MountVolume.newBuilder().setFsType("ext4"))
                    .setAccessMode(
                            AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER))
                    .build();

    /** An XFS filesystem for one node at a time. */
    public static final VolumeCapability XFS_ON_ONE_NODE =
            EXT4_ON_ONE_NODE.toBuilder()
                    .setMount(MountVolume.newBuilder().setFsType("xfs"))
                    .build();

    /** An ext4 filesystem for several nodes at once, which can't be: ReadWriteMany. */
    public static final VolumeCapability EXT4_ON_ALL_NODES =
            EXT4_ON_ONE_NODE.toBuilder()
                    .setAccessMode(
                            AccessMode.newBuilder()
                                    .setMode(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
                    .build();

    /** The raw disk for several nodes at once: volumeMode Block, ReadWriteMany. */
    public static final VolumeCapability RAW_ON_ALL_NODES =
            VolumeCapability.newBuilder()
                    .setBlock(BlockVolume.getDefaultInstance())
                    .setAccessMode(
                            AccessMode.newBuilder()
                                    .setMode(AccessMode.Mode.MULTI_NODE_MULTI_WRITER))
                    .build();

    private final Layout layout;
    private final VolumeCapability capability;
    private final Channel controller;
    private final List<ClientInterceptor> interceptors;

    /** One whose volumes are {@link #EXT4_ON_ONE_NODE}. */
    public Orchestrator(Installation installation) {
        this(installation, installation.csi().channel());
    }

    /**
     * One that calls another controller than the installation's own.
     *
     * @param interceptors of every call, to controller and nodes
     */
    public Orchestrator(
            Installation installation, Channel controller, ClientInterceptor... interceptors) {
        this(
                installation.layout(),
                EXT4_ON_ONE_NODE,
                ClientInterceptors.intercept(controller, interceptors),
                List.of(interceptors));
    }

    private Orchestrator(
            Layout layout,
            VolumeCapability capability,
            Channel controller,
            List<ClientInterceptor> interceptors) {
        this.layout = layout;
        this.capability = capability;
        this.controller = controller;
        this.interceptors = interceptors;
    }

    /** The same for volumes that are used in another way. */
    public Orchestrator using(VolumeCapability other) {
        return new Orchestrator(layout, other, controller, interceptors);
    }

    /** How its volumes are used. */
    public VolumeCapability capability() {
        return capability;
    }

    /** CreateVolume of exactly that size. */
    public Volume create(String name, long bytes) {
        return create(name, bytes, Map.of());
    }

    /**
     * CreateVolume of exactly that size.
     *
     * @param parameters as a StorageClass has them
     */
    public Volume create(String name, long bytes, Map<String, String> parameters) {
        return create(request(name, bytes).putAllParameters(parameters).build());
    }

    /** CreateVolume from a snapshot; repeated while it is being copied, as the provisioner does. */
    public Volume restore(String name, long bytes, Snapshot snapshot) throws InterruptedException {
        CreateVolumeRequest.Builder request = request(name, bytes);
        request.getVolumeContentSourceBuilder()
                .getSnapshotBuilder()
                .setSnapshotId(snapshot.getSnapshotId());
        return Repetition.WHILE_UNDER_WAY.untilOk(() -> create(request.build()));
    }

    /** CreateVolume from another volume; repeated while it is being copied. */
    public Volume copy(String name, long bytes, Volume source) throws InterruptedException {
        CreateVolumeRequest.Builder request = request(name, bytes);
        request.getVolumeContentSourceBuilder()
                .getVolumeBuilder()
                .setVolumeId(source.getVolumeId());
        return Repetition.WHILE_UNDER_WAY.untilOk(() -> create(request.build()));
    }

    private CreateVolumeRequest.Builder request(String name, long bytes) {
        return CreateVolumeRequest.newBuilder()
                .setName(name)
                .setCapacityRange(CapacityRange.newBuilder().setRequiredBytes(bytes))
                .addVolumeCapabilities(capability);
    }

    private Volume create(CreateVolumeRequest request) {
        return controller().createVolume(request).getVolume();
    }

    /** CreateSnapshot, until it is ready to use. */
    public Snapshot snapshot(String name, Volume volume) throws InterruptedException {
        CreateSnapshotRequest request =
                CreateSnapshotRequest.newBuilder()
                        .setName(name)
                        .setSourceVolumeId(volume.getVolumeId())
                        .build();
        return Repetition.WHILE_UNDER_WAY.untilOk(() -> {
            Snapshot snapshot = controller().createSnapshot(request).getSnapshot();
            if (!snapshot.getReadyToUse()) {
                throw Status.ABORTED.withDescription("not ready to use").asRuntimeException();
            }
            return snapshot;
        });
    }

    /** DeleteSnapshot. */
    public void delete(Snapshot snapshot) {
        deleteSnapshot(snapshot.getSnapshotId());
    }

    /** DeleteSnapshot. */
    public void deleteSnapshot(String snapshotId) {
        var _ =
                controller()
                        .deleteSnapshot(
                                DeleteSnapshotRequest.newBuilder()
                                        .setSnapshotId(snapshotId)
                                        .build());
    }

    /** The same orchestrator's calls for groups of snapshots. */
    public SnapshotGroups groups() {
        return new SnapshotGroups(controller);
    }

    /** ControllerModifyVolume. */
    public void modify(Volume volume, Map<String, String> parameters) {
        var _ =
                controller()
                        .controllerModifyVolume(
                                ControllerModifyVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .putAllModifiableParameters(parameters)
                                        .build());
    }

    /** ControllerExpandVolume; returns whether the node has to do its part. */
    public boolean controllerExpand(Volume volume, long bytes) {
        return controller()
                .controllerExpandVolume(
                        ControllerExpandVolumeRequest.newBuilder()
                                .setVolumeId(volume.getVolumeId())
                                .setCapacityRange(
                                        CapacityRange.newBuilder().setRequiredBytes(bytes))
                                .setVolumeCapability(capability)
                                .build())
                .getNodeExpansionRequired();
    }

    /** NodeExpandVolume, for a volume that a pod uses. */
    public void nodeExpand(Volume volume, CsiNode host, String pod, long bytes) {
        var _ =
                node(host)
                        .nodeExpandVolume(
                                NodeExpandVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setVolumePath(layout.pod(host.name(), pod).toString())
                                        .setStagingTargetPath(staging(volume, host).toString())
                                        .setCapacityRange(
                                                CapacityRange.newBuilder().setRequiredBytes(bytes))
                                        .setVolumeCapability(capability)
                                        .build());
    }

    /** DeleteVolume. */
    public void delete(Volume volume) {
        var _ =
                controller()
                        .deleteVolume(
                                DeleteVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .build());
    }

    /** ControllerPublishVolume; returns the publish context. */
    public Map<String, String> controllerPublish(Volume volume, CsiNode host) {
        return controller()
                .controllerPublishVolume(
                        ControllerPublishVolumeRequest.newBuilder()
                                .setVolumeId(volume.getVolumeId())
                                .setNodeId(host.name())
                                .setVolumeCapability(capability)
                                .putAllVolumeContext(volume.getVolumeContextMap())
                                .build())
                .getPublishContextMap();
    }

    /** ControllerUnpublishVolume: the fence. */
    public void controllerUnpublish(Volume volume, CsiNode host) {
        var _ =
                controller()
                        .controllerUnpublishVolume(
                                ControllerUnpublishVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setNodeId(host.name())
                                        .build());
    }

    /** NodeStageVolume. */
    public void stage(Volume volume, CsiNode host, Map<String, String> publishContext)
            throws IOException {
        Path staging = staging(volume, host);
        host.makeFolder(staging);
        var _ =
                node(host)
                        .nodeStageVolume(
                                NodeStageVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .putAllPublishContext(publishContext)
                                        .setStagingTargetPath(staging.toString())
                                        .setVolumeCapability(capability)
                                        .putAllVolumeContext(volume.getVolumeContextMap())
                                        .build());
    }

    /** NodeUnstageVolume. */
    public void unstage(Volume volume, CsiNode host) {
        var _ =
                node(host)
                        .nodeUnstageVolume(
                                NodeUnstageVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setStagingTargetPath(staging(volume, host).toString())
                                        .build());
    }

    /** NodePublishVolume; returns where the pod finds it. */
    public Path publish(Volume volume, CsiNode host, Map<String, String> publishContext, String pod)
            throws IOException {
        Path target = layout.pod(host.name(), pod);
        host.makeFolder(Objects.requireNonNull(target.getParent()));
        var _ =
                node(host)
                        .nodePublishVolume(
                                NodePublishVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .putAllPublishContext(publishContext)
                                        .setStagingTargetPath(staging(volume, host).toString())
                                        .setTargetPath(target.toString())
                                        .setVolumeCapability(capability)
                                        .putAllVolumeContext(volume.getVolumeContextMap())
                                        .build());
        return target;
    }

    /** NodeUnpublishVolume. */
    public void unpublish(Volume volume, CsiNode host, String pod) {
        var _ =
                node(host)
                        .nodeUnpublishVolume(
                                NodeUnpublishVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setTargetPath(layout.pod(host.name(), pod).toString())
                                        .build());
    }

    /** NodeGetInfo; returns the node's id. */
    public String nodeId(CsiNode host) {
        return node(host).nodeGetInfo(NodeGetInfoRequest.getDefaultInstance()).getNodeId();
    }

    private Path staging(Volume volume, CsiNode host) {
        return layout.staging(host.name(), volume.getVolumeId().replace('/', '_'));
    }

    private ControllerGrpc.ControllerBlockingStub controller() {
        return ControllerGrpc.newBlockingStub(controller)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    private NodeGrpc.NodeBlockingStub node(CsiNode host) {
        return NodeGrpc.newBlockingStub(
                        ClientInterceptors.intercept(host.csi().channel(), interceptors))
                .withWaitForReady()
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }
}
