package dev.lunaria.e2e.installation;

import dev.lunaria.proto.csi.v1.CreateVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.DeleteVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.GroupControllerGrpc;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeGroupSnapshot;
import io.grpc.Channel;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The calls of CSI's GroupController service, as an {@link Orchestrator} makes them. Stateless. */
public final class SnapshotGroups {
    private final Channel controller;

    SnapshotGroups(Channel controller) {
        this.controller = controller;
    }

    /** CreateVolumeGroupSnapshot, until it is ready to use. */
    public VolumeGroupSnapshot create(String name, List<Volume> volumes)
            throws InterruptedException {
        CreateVolumeGroupSnapshotRequest request =
                CreateVolumeGroupSnapshotRequest.newBuilder()
                        .setName(name)
                        .addAllSourceVolumeIds(volumes.stream().map(Volume::getVolumeId).toList())
                        .build();
        return Repetition.WHILE_UNDER_WAY.untilOk(() -> {
            VolumeGroupSnapshot group =
                    stub().createVolumeGroupSnapshot(request).getGroupSnapshot();
            if (!group.getReadyToUse()) {
                throw Status.ABORTED.withDescription("not ready to use").asRuntimeException();
            }
            return group;
        });
    }

    /** DeleteVolumeGroupSnapshot. */
    public void delete(VolumeGroupSnapshot group) {
        delete(
                group.getGroupSnapshotId(),
                group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList());
    }

    /**
     * DeleteVolumeGroupSnapshot.
     *
     * @param snapshotIds those of its snapshots; empty where they aren't known
     */
    public void delete(String groupId, List<String> snapshotIds) {
        var _ =
                stub().deleteVolumeGroupSnapshot(
                                DeleteVolumeGroupSnapshotRequest.newBuilder()
                                        .setGroupSnapshotId(groupId)
                                        .addAllSnapshotIds(snapshotIds)
                                        .build());
    }

    private GroupControllerGrpc.GroupControllerBlockingStub stub() {
        return GroupControllerGrpc.newBlockingStub(controller)
                .withDeadlineAfter(Orchestrator.DEADLINE_SECONDS, TimeUnit.SECONDS);
    }
}
