package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.CreateVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.DeleteVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.GetVolumeGroupSnapshotRequest;
import dev.lunaria.proto.csi.v1.GroupControllerGetCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.GroupControllerServiceCapability.RPC;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.VolumeGroupSnapshot;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The GroupController service (CSI specification, Group Controller Service RPC). */
final class GroupSnapshotsIT {

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private FakeTarget other;
    private CsiClient csi;
    private List<String> volumes;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        other = cluster.addTarget("b");
        csi = cluster.startController("c");
        volumes = List.of(volumeOn("a", "pvc-1"), volumeOn("a", "pvc-2"));
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private String volumeOn(String target, String name) {
        return csi.create(CsiClient.volume(name).putParameters("target", target)).getVolumeId();
    }

    private VolumeGroupSnapshot create(String name, List<String> sources) {
        return csi.groups()
                .createVolumeGroupSnapshot(
                        CreateVolumeGroupSnapshotRequest.newBuilder()
                                .setName(name)
                                .addAllSourceVolumeIds(sources)
                                .build())
                .getGroupSnapshot();
    }

    private VolumeGroupSnapshot get(String group, List<String> snapshots) {
        return csi.groups()
                .getVolumeGroupSnapshot(
                        GetVolumeGroupSnapshotRequest.newBuilder()
                                .setGroupSnapshotId(group)
                                .addAllSnapshotIds(snapshots)
                                .build())
                .getGroupSnapshot();
    }

    private void delete(String group, List<String> snapshots) {
        assertThat(
                        csi.groups()
                                .deleteVolumeGroupSnapshot(
                                        DeleteVolumeGroupSnapshotRequest.newBuilder()
                                                .setGroupSnapshotId(group)
                                                .addAllSnapshotIds(snapshots)
                                                .build()))
                .isNotNull();
    }

    private static List<String> ids(VolumeGroupSnapshot group) {
        return group.getSnapshotsList().stream().map(Snapshot::getSnapshotId).toList();
    }

    @Test
    void theServiceSaysWhatItCan() {
        assertThat(
                        csi.groups()
                                .groupControllerGetCapabilities(
                                        GroupControllerGetCapabilitiesRequest.getDefaultInstance())
                                .getCapabilitiesList())
                .extracting(capability -> capability.getRpc().getType())
                .containsExactly(RPC.Type.CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT);
    }

    @Test
    void aGroupHasOneSnapshotOfEachVolumeAndEachNamesTheGroup() {
        VolumeGroupSnapshot group = create("group-1", volumes);

        assertThat(group.getReadyToUse()).isTrue();
        assertThat(group.getCreationTime().getSeconds()).isEqualTo(2);
        assertThat(group.getSnapshotsList())
                .extracting(Snapshot::getSourceVolumeId)
                .containsExactlyInAnyOrderElementsOf(volumes);
        assertThat(group.getSnapshotsList())
                .extracting(Snapshot::getGroupSnapshotId)
                .containsOnly(group.getGroupSnapshotId());
        assertThat(get(group.getGroupSnapshotId(), ids(group))).isEqualTo(group);
        assertThat(get(group.getGroupSnapshotId(), List.of())).isEqualTo(group);
    }

    @Test
    void repeatedInWhateverOrderItIsOneGroup() {
        VolumeGroupSnapshot group = create("group-1", volumes);
        var reversed = new ArrayList<>(volumes);
        Collections.reverse(reversed);
        for (int i = 0; i < 5; i++) {
            assertThat(ids(create("group-1", reversed)))
                    .containsExactlyInAnyOrderElementsOf(ids(group));
        }
        assertThat(target.snapshotsMade()).isEqualTo(2);
    }

    @Test
    void theSameNameOfOtherVolumesExistsAlreadyOnWhateverServer() {
        create("group-1", volumes);

        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "group-1",
                () -> create("group-1", volumes.subList(0, 1)));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "group-1",
                () -> create("group-1", List.of(volumeOn("b", "pvc-3"))));
        assertThat(other.snapshots()).isEmpty();
    }

    @Test
    void volumesOfSeveralServersShareNoInstant() {
        var mixed = List.of(volumes.getFirst(), volumeOn("b", "pvc-3"));

        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "share no instant",
                () -> create("group-1", mixed));
        assertThat(target.snapshots()).isEmpty();
        assertThat(other.snapshots()).isEmpty();
    }

    @Test
    void allOrNoneAreTaken() {
        var withUnknown = List.of(volumes.getFirst(), TestCluster.unknownVolume(target));

        assertRefused(Status.Code.NOT_FOUND, "", () -> create("group-1", withUnknown));
        assertThat(target.snapshots()).isEmpty();
    }

    @Test
    void aGroupIsReadyWhenEachOfItsSnapshotsIs() {
        target.slowCopies(true);
        VolumeGroupSnapshot group = create("group-1", volumes);
        assertThat(group.getReadyToUse()).isFalse();
        target.finishCopies();
        assertThat(create("group-1", volumes).getReadyToUse()).isTrue();
    }

    @Test
    void aGroupThatCouldNotBeFinishedIsAnErrorUntilItIsDeleted() {
        target.slowCopies(true);
        VolumeGroupSnapshot group = create("group-1", volumes);
        target.failCopies();

        assertRefused(
                Status.Code.INTERNAL, group.getGroupSnapshotId(), () -> create("group-1", volumes));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no group",
                () -> get(group.getGroupSnapshotId(), ids(group)));
        delete(group.getGroupSnapshotId(), ids(group));
        target.slowCopies(false);
        assertThat(create("group-1", volumes).getReadyToUse()).isTrue();
    }

    @Test
    void aMemberIsASourceButGoesOnlyWithItsGroup() {
        VolumeGroupSnapshot group = create("group-1", volumes);
        String member = ids(group).getFirst();

        assertRefused(
                Status.Code.INVALID_ARGUMENT, "delete the group", () -> csi.deleteSnapshot(member));
        assertThat(csi.create(CsiClient.restoreOf(member, "pvc-3")).getVolumeId())
                .startsWith(target.pool().toString());
        delete(group.getGroupSnapshotId(), ids(group));
        assertThat(target.snapshots()).isEmpty();
        csi.deleteSnapshot(member);
    }

    @Test
    void deleteRepeatedOrOfTheUnknownIsDone() {
        VolumeGroupSnapshot group = create("group-1", volumes);
        for (int i = 0; i < 5; i++) {
            delete(group.getGroupSnapshotId(), ids(group));
        }
        delete("nonsense", List.of());
        delete(UUID.randomUUID().toString(), List.of());
    }

    @Test
    void aDeletionThatDiedHalfWayIsFinishedByTheNext() {
        VolumeGroupSnapshot group = create("group-1", volumes);
        target.faults().failAfter("DeleteSnapshot", Status.UNAVAILABLE);
        assertRefused(
                Status.Code.UNAVAILABLE, "", () -> delete(group.getGroupSnapshotId(), ids(group)));
        assertThat(target.snapshots()).hasSize(1);

        delete(group.getGroupSnapshotId(), ids(group));
        assertThat(target.snapshots()).isEmpty();
    }

    @Test
    void snapshotsThatAreNotTheGroupsAreAMismatch() {
        VolumeGroupSnapshot group = create("group-1", volumes);
        String alone = csi.snapshot("snap-1", volumes.getFirst()).getSnapshotId();
        String id = group.getGroupSnapshotId();
        var tooMany = new ArrayList<>(ids(group));
        tooMany.add(alone);

        for (var wrong :
                List.of(ids(group).subList(0, 1), tooMany, List.of(alone), List.of("nonsense"))) {
            assertRefused(Status.Code.INVALID_ARGUMENT, "snapshot", () -> get(id, wrong));
            assertRefused(Status.Code.INVALID_ARGUMENT, "snapshot", () -> delete(id, wrong));
        }
        assertThat(target.snapshots()).hasSize(3);
    }

    @Test
    void missingArgumentsAndTheUnknownAreToldApart() {
        assertRefused(Status.Code.INVALID_ARGUMENT, "name is missing", () -> create("", volumes));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "source_volume_ids is missing",
                () -> create("group-1", List.of()));
        assertRefused(
                Status.Code.NOT_FOUND, "no volume", () -> create("group-1", List.of("nonsense")));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "group_snapshot_id is missing",
                () -> get("", List.of()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "group_snapshot_id is missing",
                () -> delete("", List.of()));
        assertRefused(Status.Code.NOT_FOUND, "no group", () -> get("nonsense", List.of()));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no group",
                () -> get(UUID.randomUUID().toString(), List.of()));
    }

    @Test
    void aServerThatIsAwayFailsTheSearchUnlessAnotherHasTheGroup() {
        VolumeGroupSnapshot group = create("group-1", volumes);
        other.stop();

        assertThat(get(group.getGroupSnapshotId(), List.of())).isEqualTo(group);
        assertRefused(
                Status.Code.UNAVAILABLE,
                "doesn't answer",
                () -> get(UUID.randomUUID().toString(), List.of()));
        other.start();
    }
}
