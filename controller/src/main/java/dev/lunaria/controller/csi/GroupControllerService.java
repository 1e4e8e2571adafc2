package dev.lunaria.controller.csi;

import dev.lunaria.controller.snapshot.SnapshotGroup;
import dev.lunaria.controller.snapshot.SnapshotGroups;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.proto.csi.v1.CreateVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeGroupSnapshotResponse;
import dev.lunaria.proto.csi.v1.DeleteVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.DeleteVolumeGroupSnapshotResponse;
import dev.lunaria.proto.csi.v1.GetVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.GetVolumeGroupSnapshotResponse;
import dev.lunaria.proto.csi.v1.GroupControllerGetCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.GroupControllerGetCapabilitiesResponse;
import dev.lunaria.proto.csi.v1.GroupControllerGrpc;
import dev.lunaria.proto.csi.v1.GroupControllerServiceCapability.RPC;
import dev.lunaria.service.csi.AlphaCalls;
import io.grpc.stub.StreamObserver;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * CSI's GroupController service: checks arguments, asks the domain, builds answers. Used by any
 * thread; keeps nothing. Failures leave it as exceptions, which {@link CsiErrors} turns into codes.
 * A group's id is its UUID: its snapshots may be in several pools of one server.
 */
public final class GroupControllerService extends GroupControllerGrpc.GroupControllerImplBase {

    private final SnapshotGroups groups;
    private final CsiMessages messages;

    public GroupControllerService(SnapshotGroups groups, AlphaCalls alpha) {
        this.groups = groups;
        this.messages = new CsiMessages(alpha);
    }

    @Override
    public void groupControllerGetCapabilities(
            GroupControllerGetCapabilitiesRequest request,
            StreamObserver<GroupControllerGetCapabilitiesResponse> answer) {
        var response = GroupControllerGetCapabilitiesResponse.newBuilder();
        response.addCapabilitiesBuilder()
                .getRpcBuilder()
                .setType(RPC.Type.CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT);
        send(answer, response.build());
    }

    @Override
    public void createVolumeGroupSnapshot(
            CreateVolumeGroupSnapshotRequest request,
            StreamObserver<CreateVolumeGroupSnapshotResponse> answer) {
        Requests.checkName(request.getName());
        Requests.checkNoParameters(request.getParametersMap());
        SnapshotGroup group =
                groups.create(request.getName(), sources(request.getSourceVolumeIdsList()));
        send(
                answer,
                CreateVolumeGroupSnapshotResponse.newBuilder()
                        .setGroupSnapshot(messages.group(group))
                        .build());
    }

    private static Set<VolumeId> sources(List<String> volumeIds) {
        if (volumeIds.isEmpty()) {
            throw Requests.invalid("source_volume_ids is missing; say of which volumes");
        }
        var sources = new HashSet<VolumeId>();
        for (String volumeId : volumeIds) {
            Requests.requireVolumeId(volumeId);
            sources.add(Requests.existing(volumeId));
        }
        return sources;
    }

    @Override
    public void deleteVolumeGroupSnapshot(
            DeleteVolumeGroupSnapshotRequest request,
            StreamObserver<DeleteVolumeGroupSnapshotResponse> answer) {
        requireGroupId(request.getGroupSnapshotId());
        Optional<UUID> group = parse(request.getGroupSnapshotId());
        if (group.isPresent()) {
            groups.delete(group.get(), snapshots(request.getSnapshotIdsList()));
        }
        send(answer, DeleteVolumeGroupSnapshotResponse.getDefaultInstance());
    }

    @Override
    public void getVolumeGroupSnapshot(
            GetVolumeGroupSnapshotRequest request,
            StreamObserver<GetVolumeGroupSnapshotResponse> answer) {
        requireGroupId(request.getGroupSnapshotId());
        UUID id =
                parse(request.getGroupSnapshotId())
                        .orElseThrow(() ->
                                new Failure(
                                        Failure.Reason.NOT_FOUND,
                                        "there is no group of snapshots \""
                                                + request.getGroupSnapshotId()
                                                + "\""));
        SnapshotGroup group = groups.get(id, snapshots(request.getSnapshotIdsList()));
        send(
                answer,
                GetVolumeGroupSnapshotResponse.newBuilder()
                        .setGroupSnapshot(messages.group(group))
                        .build());
    }

    private static void requireGroupId(String groupId) {
        if (groupId.isEmpty()) {
            throw Requests.invalid("group_snapshot_id is missing; say which group is meant");
        }
    }

    /** Empty for what can't be a group of ours. */
    private static Optional<UUID> parse(String groupId) {
        try {
            return Optional.of(UUID.fromString(groupId))
                    .filter(id -> id.toString().equals(groupId));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Set<SnapshotId> snapshots(List<String> snapshotIds) {
        var snapshots = new HashSet<SnapshotId>();
        for (String snapshotId : snapshotIds) {
            snapshots.add(
                    SnapshotId.parse(snapshotId)
                            .orElseThrow(() ->
                                    Requests.invalid(
                                            "snapshot_ids holds \""
                                                    + snapshotId
                                                    + "\", which is no snapshot of this driver")));
        }
        return snapshots;
    }

    private static <T> void send(StreamObserver<T> answer, T response) {
        answer.onNext(response);
        answer.onCompleted();
    }
}
