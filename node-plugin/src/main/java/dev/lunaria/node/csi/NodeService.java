package dev.lunaria.node.csi;

import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.node.registration.NodeIdentity;
import dev.lunaria.node.volume.PublishedVolumes;
import dev.lunaria.node.volume.StagedVolumes;
import dev.lunaria.node.volume.StorageConditions;
import dev.lunaria.node.volume.VolumeConditions;
import dev.lunaria.node.volume.VolumeConditions.Condition;
import dev.lunaria.node.volume.VolumeGrowth;
import dev.lunaria.node.volume.VolumeStats;
import dev.lunaria.proto.csi.v1.NodeExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeExpandVolumeResponse;
import dev.lunaria.proto.csi.v1.NodeGetCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.NodeGetCapabilitiesResponse;
import dev.lunaria.proto.csi.v1.NodeGetInfoRequest;
import dev.lunaria.proto.csi.v1.NodeGetInfoResponse;
import dev.lunaria.proto.csi.v1.NodeGetStorageHealthRequest;
import dev.lunaria.proto.csi.v1.NodeGetStorageHealthResponse;
import dev.lunaria.proto.csi.v1.NodeGetVolumeHealthRequest;
import dev.lunaria.proto.csi.v1.NodeGetVolumeHealthResponse;
import dev.lunaria.proto.csi.v1.NodeGetVolumeStatsRequest;
import dev.lunaria.proto.csi.v1.NodeGetVolumeStatsResponse;
import dev.lunaria.proto.csi.v1.NodeGrpc;
import dev.lunaria.proto.csi.v1.NodePublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodePublishVolumeResponse;
import dev.lunaria.proto.csi.v1.NodeServiceCapability;
import dev.lunaria.proto.csi.v1.NodeStageVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeStageVolumeResponse;
import dev.lunaria.proto.csi.v1.NodeUnpublishVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnpublishVolumeResponse;
import dev.lunaria.proto.csi.v1.NodeUnstageVolumeRequest;
import dev.lunaria.proto.csi.v1.NodeUnstageVolumeResponse;
import dev.lunaria.proto.csi.v1.StorageHealthErrorType;
import dev.lunaria.proto.csi.v1.Topology;
import dev.lunaria.proto.csi.v1.VolumeHealth;
import dev.lunaria.proto.csi.v1.VolumeHealthErrorType;
import dev.lunaria.proto.csi.v1.VolumeUsage;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;

/**
 * CSI Node: checks requests and hands them on. For platform threads, as what it calls blocks in the
 * kernel. Failures become statuses by {@link NodeErrors}.
 */
public final class NodeService extends NodeGrpc.NodeImplBase {
    /** So many disks a disk process holds, and so many were tested. */
    public static final int MOST_VOLUMES = 256;

    private static final List<NodeServiceCapability.RPC.Type> CAPABILITIES =
            List.of(
                    NodeServiceCapability.RPC.Type.STAGE_UNSTAGE_VOLUME,
                    NodeServiceCapability.RPC.Type.GET_VOLUME_STATS,
                    NodeServiceCapability.RPC.Type.EXPAND_VOLUME,
                    NodeServiceCapability.RPC.Type.SINGLE_NODE_MULTI_WRITER);

    private static final List<NodeServiceCapability.RPC.Type> ALPHA =
            List.of(
                    NodeServiceCapability.RPC.Type.GET_VOLUME_HEALTH,
                    NodeServiceCapability.RPC.Type.GET_STORAGE_HEALTH);

    private final StagedVolumes staged;
    private final PublishedVolumes published;
    private final VolumeGrowth growth;
    private final VolumeStats stats;
    private final VolumeConditions conditions;
    private final StorageConditions storage;
    private final NodeFacts node;

    /** A Node over the parts that do the work. */
    public NodeService(
            StagedVolumes staged,
            PublishedVolumes published,
            VolumeGrowth growth,
            VolumeStats stats,
            VolumeConditions conditions,
            StorageConditions storage,
            NodeFacts node) {
        this.staged = staged;
        this.published = published;
        this.growth = growth;
        this.stats = stats;
        this.conditions = conditions;
        this.storage = storage;
        this.node = node;
    }

    @Override
    public void nodeStageVolume(
            NodeStageVolumeRequest request, StreamObserver<NodeStageVolumeResponse> answer) {
        staged.stage(Requests.stage(request));
        complete(answer, NodeStageVolumeResponse.getDefaultInstance());
    }

    @Override
    public void nodeUnstageVolume(
            NodeUnstageVolumeRequest request, StreamObserver<NodeUnstageVolumeResponse> answer) {
        String volumeId = Requests.volumeId(request.getVolumeId());
        Path path = Requests.path("staging_target_path", request.getStagingTargetPath());
        staged.unstage(volumeId, path);
        complete(answer, NodeUnstageVolumeResponse.getDefaultInstance());
    }

    @Override
    public void nodePublishVolume(
            NodePublishVolumeRequest request, StreamObserver<NodePublishVolumeResponse> answer) {
        published.publish(Requests.publish(request));
        complete(answer, NodePublishVolumeResponse.getDefaultInstance());
    }

    @Override
    public void nodeUnpublishVolume(
            NodeUnpublishVolumeRequest request,
            StreamObserver<NodeUnpublishVolumeResponse> answer) {
        String volumeId = Requests.volumeId(request.getVolumeId());
        Path path = Requests.path("target_path", request.getTargetPath());
        published.unpublish(volumeId, path);
        complete(answer, NodeUnpublishVolumeResponse.getDefaultInstance());
    }

    @Override
    public void nodeGetVolumeStats(
            NodeGetVolumeStatsRequest request, StreamObserver<NodeGetVolumeStatsResponse> answer) {
        String volumeId = Requests.volumeId(request.getVolumeId());
        Path path = Requests.volumePath(request.getVolumePath());
        var response = NodeGetVolumeStatsResponse.newBuilder();
        switch (stats.of(volumeId, path)) {
            case VolumeStats.Stats.OfDevice device ->
                    response.addUsage(
                            VolumeUsage.newBuilder()
                                    .setUnit(VolumeUsage.Unit.BYTES)
                                    .setTotal(device.sizeBytes()));
            case VolumeStats.Stats.OfFilesystem filesystem -> {
                response.addUsage(bytes(filesystem.status()));
                // btrfs makes inodes as it needs them, and counts none.
                if (filesystem.status().totalInodes() > 0) {
                    response.addUsage(inodes(filesystem.status()));
                }
            }
        }
        complete(answer, response.build());
    }

    @Override
    public void nodeGetVolumeHealth(
            NodeGetVolumeHealthRequest request,
            StreamObserver<NodeGetVolumeHealthResponse> answer) {
        String volumeId = Requests.volumeId(request.getVolumeId());
        var entries = VolumeHealth.newBuilder().setVolumeId(volumeId);
        for (Condition condition : conditions.of(volumeId, Requests.healthPaths(request))) {
            entries.addHealthStatuses(
                    VolumeHealth.VolumeHealthEntry.newBuilder()
                            .setStatus(
                                    switch (condition.cause()) {
                                        case TARGET_AWAY -> VolumeHealthErrorType.DEGRADED;
                                        case DISK_GONE, FENCED, FILESYSTEM_FAILED ->
                                                VolumeHealthErrorType.INACCESSIBLE;
                                    })
                            .setReason(condition.cause().reason())
                            .setMessage(condition.message()));
        }
        complete(answer, NodeGetVolumeHealthResponse.newBuilder().setVolumeHealth(entries).build());
    }

    @Override
    public void nodeGetStorageHealth(
            NodeGetStorageHealthRequest request,
            StreamObserver<NodeGetStorageHealthResponse> answer) {
        var response = NodeGetStorageHealthResponse.newBuilder();
        for (StorageConditions.Condition condition : storage.look()) {
            response.addBackendHealthBuilder()
                    .setStatus(
                            switch (condition.cause()) {
                                case DISK_PROCESS_AWAY, TARGET_AWAY ->
                                        StorageHealthErrorType.STORAGE_UNREACHABLE;
                                case TARGET_PARTLY_AWAY -> StorageHealthErrorType.STORAGE_DEGRADED;
                            })
                    .setReason(condition.cause().reason())
                    .setMessage(condition.message());
        }
        complete(answer, response.build());
    }

    @Override
    public void nodeExpandVolume(
            NodeExpandVolumeRequest request, StreamObserver<NodeExpandVolumeResponse> answer) {
        long bytes = growth.expand(Requests.expand(request));
        complete(answer, NodeExpandVolumeResponse.newBuilder().setCapacityBytes(bytes).build());
    }

    @Override
    public void nodeGetCapabilities(
            NodeGetCapabilitiesRequest request,
            StreamObserver<NodeGetCapabilitiesResponse> answer) {
        var response = NodeGetCapabilitiesResponse.newBuilder();
        CAPABILITIES.forEach(
                type -> response.addCapabilitiesBuilder().getRpcBuilder().setType(type));
        switch (node.alphaCalls()) {
            case HIDDEN -> {}
            case ANNOUNCED ->
                    ALPHA.forEach(type ->
                            response.addCapabilitiesBuilder().getRpcBuilder().setType(type));
        }
        complete(answer, response.build());
    }

    @Override
    public void nodeGetInfo(
            NodeGetInfoRequest request, StreamObserver<NodeGetInfoResponse> answer) {
        NodeIdentity identity = node.identity().get();
        complete(
                answer,
                NodeGetInfoResponse.newBuilder()
                        .setNodeId(identity.node())
                        .setMaxVolumesPerNode(node.maxVolumes())
                        .setAccessibleTopology(
                                Topology.newBuilder().putAllSegments(node.topology(identity)))
                        .build());
    }

    private static VolumeUsage.Builder bytes(FileSystemStatus status) {
        return VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.BYTES)
                .setTotal(status.totalBytes())
                .setAvailable(status.availableBytes())
                .setUsed(status.totalBytes() - status.freeBytes());
    }

    private static VolumeUsage.Builder inodes(FileSystemStatus status) {
        return VolumeUsage.newBuilder()
                .setUnit(VolumeUsage.Unit.INODES)
                .setTotal(status.totalInodes())
                .setAvailable(status.freeInodes())
                .setUsed(status.totalInodes() - status.freeInodes());
    }

    private static <A> void complete(StreamObserver<A> answer, A response) {
        answer.onNext(response);
        answer.onCompleted();
    }
}
