package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.GIB;
import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.CreateSnapshotRequest;
import dev.lunaria.proto.csi.v1.GetSnapshotRequest;
import dev.lunaria.proto.csi.v1.ListSnapshotsRequest;
import dev.lunaria.proto.csi.v1.ListSnapshotsResponse;
import dev.lunaria.proto.csi.v1.Snapshot;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CreateSnapshot, DeleteSnapshot, GetSnapshot, ListSnapshots (CSI specification). */
final class SnapshotsIT {

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private FakeTarget other;
    private CsiClient csi;
    private String volume;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        other = cluster.addTarget("b");
        csi = cluster.startController("c");
        volume = volumeOn("a", "pvc-1");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private String volumeOn(String target, String name) {
        return csi.create(CsiClient.volume(name).putParameters("target", target)).getVolumeId();
    }

    private Snapshot get(String id) {
        return csi.stub()
                .getSnapshot(GetSnapshotRequest.newBuilder().setSnapshotId(id).build())
                .getSnapshot();
    }

    private ListSnapshotsResponse list(ListSnapshotsRequest.Builder request) {
        return csi.stub().listSnapshots(request.build());
    }

    private static List<String> ids(ListSnapshotsResponse page) {
        return page.getEntriesList().stream()
                .map(entry -> entry.getSnapshot().getSnapshotId())
                .toList();
    }

    @Test
    void aSnapshotIsInItsVolumesPoolAndTellsAllOfItself() {
        Snapshot snapshot = csi.snapshot("snap-1", volume);

        assertThat(snapshot.getSnapshotId()).startsWith(target.pool() + "/");
        assertThat(snapshot.getSourceVolumeId()).isEqualTo(volume);
        assertThat(snapshot.getSizeBytes()).isEqualTo(GIB);
        assertThat(snapshot.getReadyToUse()).isTrue();
        assertThat(snapshot.getCreationTime().getSeconds()).isEqualTo(2);
        assertThat(snapshot.getGroupSnapshotId()).isEmpty();
        assertThat(target.snapshots())
                .singleElement()
                .satisfies(taken -> assertThat(taken.getName()).isEqualTo("snap-1"));
        assertThat(get(snapshot.getSnapshotId())).isEqualTo(snapshot);
    }

    @Test
    void repeatedTenTimesByAnyControllerItIsOneSnapshot() {
        Snapshot first = csi.snapshot("snap-1", volume);
        CsiClient second = cluster.startController("d");
        for (int i = 0; i < 5; i++) {
            assertThat(csi.snapshot("snap-1", volume)).isEqualTo(first);
            assertThat(second.snapshot("snap-1", volume)).isEqualTo(first);
        }
        assertThat(target.snapshotsMade()).isEqualTo(1);
    }

    @Test
    void aSnapshotWhoseAnswerWasLostIsGivenByTheNextCall() {
        target.faults().failAfter("CreateSnapshots", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.snapshot("snap-1", volume));

        csi.snapshot("snap-1", volume);
        assertThat(target.snapshotsMade()).isEqualTo(1);
    }

    @Test
    void theSameNameOfAnotherVolumeExistsAlreadyInWhateverPool() {
        csi.snapshot("snap-1", volume);
        String neighbour = volumeOn("a", "pvc-2");
        String elsewhere = volumeOn("b", "pvc-3");

        assertRefused(Status.Code.ALREADY_EXISTS, volume, () -> csi.snapshot("snap-1", neighbour));
        assertRefused(Status.Code.ALREADY_EXISTS, volume, () -> csi.snapshot("snap-1", elsewhere));
        assertThat(other.snapshots()).isEmpty();
    }

    /** What another pool holds must not keep this one from being used. */
    @Test
    void aPoolThatIsAwayDoesNotKeepOthersFromTakingSnapshots() {
        other.stop();

        assertThat(csi.snapshot("snap-1", volume).getReadyToUse()).isTrue();
        other.start();
    }

    @Test
    void aSnapshotThatIsBeingCopiedIsNotReadyUntilItIs() {
        target.slowCopies(true);
        Snapshot snapshot = csi.snapshot("snap-1", volume);
        assertThat(snapshot.getReadyToUse()).isFalse();
        assertThat(get(snapshot.getSnapshotId()).getReadyToUse()).isFalse();

        target.finishCopies();
        assertThat(csi.snapshot("snap-1", volume))
                .isEqualTo(snapshot.toBuilder().setReadyToUse(true).build());
        assertThat(target.snapshotsMade()).isEqualTo(1);
    }

    /** traps-storage 13. Taken again by itself it would be of another instant than was told. */
    @Test
    void aSnapshotThatCouldNotBeFinishedIsAnErrorAndNotShownUntilItIsDeleted() {
        target.slowCopies(true);
        String id = csi.snapshot("snap-1", volume).getSnapshotId();
        target.failCopies();

        assertRefused(Status.Code.INTERNAL, id, () -> csi.snapshot("snap-1", volume));
        assertRefused(Status.Code.NOT_FOUND, "no snapshot", () -> get(id));
        assertThat(ids(list(ListSnapshotsRequest.newBuilder()))).isEmpty();
        csi.deleteSnapshot(id);
        target.slowCopies(false);
        assertThat(csi.snapshot("snap-1", volume).getSnapshotId()).isEqualTo(id);
    }

    @Test
    void whatTheTargetRefusesIsToldWithItsReason() {
        target.faults()
                .failBefore(
                        "CreateSnapshots",
                        Status.FAILED_PRECONDITION.withDescription("it is being formatted"));
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "being formatted",
                () -> csi.snapshot("snap-1", volume));
        target.faults()
                .failBefore("CreateSnapshots", Status.ABORTED.withDescription("not in time"));
        assertRefused(Status.Code.ABORTED, "not in time", () -> csi.snapshot("snap-1", volume));
        target.faults()
                .failBefore("CreateSnapshots", Status.RESOURCE_EXHAUSTED.withDescription("full"));
        assertRefused(Status.Code.RESOURCE_EXHAUSTED, "full", () -> csi.snapshot("snap-1", volume));
        target.servesPool(false);
        assertRefused(
                Status.Code.UNAVAILABLE,
                "doesn't serve pool",
                () -> csi.snapshot("snap-1", volume));
    }

    @Test
    void missingAndAbsurdArgumentsAreToldApart() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "name is missing", () -> csi.snapshot("", volume));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "at most 128",
                () -> csi.snapshot("x".repeat(129), volume));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "source_volume_id is missing",
                () -> csi.snapshot("snap-1", ""));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no volume",
                () -> csi.snapshot("snap-1", TestCluster.unknownVolume(target)));
        assertRefused(Status.Code.NOT_FOUND, "no volume", () -> csi.snapshot("snap-1", "nonsense"));
        var request =
                CreateSnapshotRequest.newBuilder().setName("snap-1").setSourceVolumeId(volume);
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "unknown parameter \"colour\"",
                () ->
                        csi.stub()
                                .createSnapshot(
                                        request.clone().putParameters("colour", "red").build()));
        assertThat(
                        csi.stub()
                                .createSnapshot(
                                        request.clone()
                                                .putParameters(
                                                        "csi.storage.k8s.io/volumesnapshot/name",
                                                        "mine")
                                                .build())
                                .hasSnapshot())
                .isTrue();
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "snapshot_id is missing",
                () -> csi.deleteSnapshot(""));
        assertRefused(Status.Code.INVALID_ARGUMENT, "snapshot_id is missing", () -> get(""));
        assertRefused(Status.Code.NOT_FOUND, "no snapshot", () -> get("nonsense"));
        assertRefused(
                Status.Code.NOT_FOUND, "no snapshot", () -> get(TestCluster.unknownVolume(target)));
    }

    @Test
    void deleteRepeatedOrOfTheUnknownIsDone() {
        String id = csi.snapshot("snap-1", volume).getSnapshotId();
        for (int i = 0; i < 10; i++) {
            csi.deleteSnapshot(id);
        }
        csi.deleteSnapshot("nonsense");
        csi.deleteSnapshot(TestCluster.unknownVolume(target));
        assertThat(target.snapshots()).isEmpty();
    }

    @Test
    void aSnapshotOutlivesItsVolumeAndAVolumeItsSnapshot() {
        String id = csi.snapshot("snap-1", volume).getSnapshotId();
        csi.delete(volume);
        assertThat(get(id).getSourceVolumeId()).isEqualTo(volume);

        String restored = csi.create(CsiClient.restoreOf(id, "pvc-2")).getVolumeId();
        csi.deleteSnapshot(id);
        assertThat(csi.create(CsiClient.restoreOf(id, "pvc-2")).getVolumeId()).isEqualTo(restored);
    }

    @Test
    void whileTheTargetIsAwayOrIsAnotherNothingIsCalledDeletedUnlessItIsRetired() {
        String id = csi.snapshot("snap-1", volume).getSnapshotId();
        target.servesPool(false);
        assertRefused(Status.Code.UNAVAILABLE, "doesn't serve pool", () -> csi.deleteSnapshot(id));
        target.stop();
        assertRefused(Status.Code.UNAVAILABLE, "doesn't answer", () -> csi.deleteSnapshot(id));
        cluster.mark("a", false, true);
        csi.deleteSnapshot(id);
        assertRefused(Status.Code.NOT_FOUND, "no snapshot", () -> get(id));
        target.start();
    }

    @Test
    void pagesShowEverySnapshotOfEveryPoolOnce() {
        String elsewhere = volumeOn("b", "pvc-2");
        var all = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            all.add(csi.snapshot("a" + i, volume).getSnapshotId());
            all.add(csi.snapshot("b" + i, elsewhere).getSnapshotId());
        }
        for (int size = 0; size <= 7; size++) {
            var seen = new ArrayList<String>();
            String token = "";
            do {
                var page =
                        list(
                                ListSnapshotsRequest.newBuilder()
                                        .setMaxEntries(size)
                                        .setStartingToken(token));
                assertThat(page.getEntriesCount()).isBetween(1, size == 0 ? 6 : size);
                seen.addAll(ids(page));
                token = page.getNextToken();
            } while (!token.isEmpty());
            assertThat(seen)
                    .as("pages of %s", size)
                    .containsExactlyElementsOf(all.stream().sorted().toList());
        }
    }

    @Test
    void theListIsFilteredBySnapshotAndByVolume() {
        String neighbour = volumeOn("a", "pvc-2");
        String first = csi.snapshot("snap-1", volume).getSnapshotId();
        String second = csi.snapshot("snap-2", neighbour).getSnapshotId();
        var all = ListSnapshotsRequest.newBuilder();

        assertThat(ids(list(all.clone().setSnapshotId(first)))).containsExactly(first);
        assertThat(ids(list(all.clone().setSourceVolumeId(neighbour)))).containsExactly(second);
        assertThat(ids(list(all.clone().setSnapshotId(first).setSourceVolumeId(volume))))
                .containsExactly(first);
        assertThat(ids(list(all.clone().setSnapshotId(first).setSourceVolumeId(neighbour))))
                .isEmpty();
        for (String unknown : List.of("nonsense", TestCluster.unknownVolume(target))) {
            assertThat(ids(list(all.clone().setSnapshotId(unknown)))).isEmpty();
            assertThat(ids(list(all.clone().setSourceVolumeId(unknown)))).isEmpty();
        }
    }

    @Test
    void aTokenThatIsNoneIsAborted() {
        for (String token :
                List.of("nonsense", target.pool() + ":nonsense", UUID.randomUUID() + ":")) {
            assertRefused(
                    Status.Code.ABORTED,
                    "from the beginning",
                    () -> list(ListSnapshotsRequest.newBuilder().setStartingToken(token)));
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "max_entries",
                () -> list(ListSnapshotsRequest.newBuilder().setMaxEntries(-1)));
    }

    @Test
    void whileATargetIsAwayTheListIsUnavailableUnlessItIsRetired() {
        csi.snapshot("snap-1", volume);
        other.stop();

        assertRefused(
                Status.Code.UNAVAILABLE,
                "doesn't answer",
                () -> list(ListSnapshotsRequest.newBuilder()));
        cluster.mark("b", false, true);
        assertThat(ids(list(ListSnapshotsRequest.newBuilder()))).hasSize(1);
        other.start();
    }
}
