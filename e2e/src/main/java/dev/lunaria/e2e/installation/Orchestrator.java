package dev.lunaria.e2e.installation;

import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.ControllerGrpc;
import dev.lunaria.proto.csi.v1.ControllerPublishVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.DeleteVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeGetInfoRequest;
import dev.lunaria.proto.csi.v1.NodeGrpc;
import dev.lunaria.proto.csi.v1.NodePublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeStageVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnstageVolumeRequest;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode;
import dev.lunaria.proto.csi.v1.VolumeCapability.MountVolume;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Does with volumes what Kubernetes does: CSI calls in its order, with its folders. Nothing else.
 *
 * <p>Stateless. Each call has a deadline; failures are {@code StatusRuntimeException}s as the
 * plugin sent them.
 */
public final class Orchestrator {
    private static final long DEADLINE_SECONDS = 60;

    /** An ext4 filesystem for one node at a time: ReadWriteOnce. */
    public static final VolumeCapability EXT4_ON_ONE_NODE =
            VolumeCapability.newBuilder()
                    .setMount(MountVolume.newBuilder().setFsType("ext4"))
                    .setAccessMode(
                            AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER))
                    .build();

    private final Installation installation;
    private final Channel controller;
    private final ClientInterceptor[] interceptors;

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
        this.installation = installation;
        this.controller = ClientInterceptors.intercept(controller, interceptors);
        this.interceptors = interceptors.clone();
    }

    /** CreateVolume for an ext4 volume of exactly that size. */
    public Volume create(String name, long bytes) {
        return controller()
                .createVolume(
                        CreateVolumeRequest.newBuilder()
                                .setName(name)
                                .setCapacityRange(
                                        CapacityRange.newBuilder().setRequiredBytes(bytes))
                                .addVolumeCapabilities(EXT4_ON_ONE_NODE)
                                .build())
                .getVolume();
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
    public Map<String, String> controllerPublish(Volume volume, NodeHost host) {
        return controller()
                .controllerPublishVolume(
                        ControllerPublishVolumeRequest.newBuilder()
                                .setVolumeId(volume.getVolumeId())
                                .setNodeId(host.name())
                                .setVolumeCapability(EXT4_ON_ONE_NODE)
                                .putAllVolumeContext(volume.getVolumeContextMap())
                                .build())
                .getPublishContextMap();
    }

    /** ControllerUnpublishVolume: the fence. */
    public void controllerUnpublish(Volume volume, NodeHost host) {
        var _ =
                controller()
                        .controllerUnpublishVolume(
                                ControllerUnpublishVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setNodeId(host.name())
                                        .build());
    }

    /** NodeStageVolume. */
    public void stage(Volume volume, NodeHost host, Map<String, String> publishContext)
            throws IOException {
        Path staging = staging(volume, host);
        Files.createDirectories(staging);
        var _ =
                node(host)
                        .nodeStageVolume(
                                NodeStageVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .putAllPublishContext(publishContext)
                                        .setStagingTargetPath(staging.toString())
                                        .setVolumeCapability(EXT4_ON_ONE_NODE)
                                        .putAllVolumeContext(volume.getVolumeContextMap())
                                        .build());
    }

    /** NodeUnstageVolume. */
    public void unstage(Volume volume, NodeHost host) {
        var _ =
                node(host)
                        .nodeUnstageVolume(
                                NodeUnstageVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setStagingTargetPath(staging(volume, host).toString())
                                        .build());
    }

    /** NodePublishVolume; returns where the pod finds it. */
    public Path publish(
            Volume volume, NodeHost host, Map<String, String> publishContext, String pod)
            throws IOException {
        Path target = installation.layout().pod(host.name(), pod);
        Files.createDirectories(target.getParent());
        var _ =
                node(host)
                        .nodePublishVolume(
                                NodePublishVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .putAllPublishContext(publishContext)
                                        .setStagingTargetPath(staging(volume, host).toString())
                                        .setTargetPath(target.toString())
                                        .setVolumeCapability(EXT4_ON_ONE_NODE)
                                        .putAllVolumeContext(volume.getVolumeContextMap())
                                        .build());
        return target;
    }

    /** NodeUnpublishVolume. */
    public void unpublish(Volume volume, NodeHost host, String pod) {
        var _ =
                node(host)
                        .nodeUnpublishVolume(
                                NodeUnpublishVolumeRequest.newBuilder()
                                        .setVolumeId(volume.getVolumeId())
                                        .setTargetPath(
                                                installation
                                                        .layout()
                                                        .pod(host.name(), pod)
                                                        .toString())
                                        .build());
    }

    /** NodeGetInfo; returns the node's id. */
    public String nodeId(NodeHost host) {
        return node(host).nodeGetInfo(NodeGetInfoRequest.getDefaultInstance()).getNodeId();
    }

    private Path staging(Volume volume, NodeHost host) {
        return installation.layout().staging(host.name(), volume.getVolumeId().replace('/', '_'));
    }

    private ControllerGrpc.ControllerBlockingStub controller() {
        return ControllerGrpc.newBlockingStub(controller)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    private NodeGrpc.NodeBlockingStub node(NodeHost host) {
        return NodeGrpc.newBlockingStub(
                        ClientInterceptors.intercept(host.csi().channel(), interceptors))
                .withWaitForReady()
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }
}
