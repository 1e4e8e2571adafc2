package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.GIB;
import static dev.lunaria.controller.CsiClient.assertRefused;
import static dev.lunaria.controller.CsiClient.cloneOf;
import static dev.lunaria.controller.CsiClient.mount;
import static dev.lunaria.controller.CsiClient.restoreOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.controller.volume.CopyPatience;
import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeRequest;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CreateVolume from a volume and from a snapshot (CSI specification, CreateVolume). */
final class CopiesIT {

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private FakeTarget roomier;
    private CsiClient csi;
    private String volume;
    private String snapshot;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        csi = cluster.startController("c");
        volume = csi.create("pvc-1").getVolumeId();
        snapshot = csi.snapshot("snap-1", volume).getSnapshotId();
        roomier = cluster.addTarget("b");
        roomier.totalBytes(100L << 40);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private List<CreateVolumeRequest.Builder> bothWays(String name) {
        return List.of(cloneOf(volume, name + "-clone"), restoreOf(snapshot, name + "-restore"));
    }

    private static CapacityRange size(long required, long limit) {
        return CapacityRange.newBuilder().setRequiredBytes(required).setLimitBytes(limit).build();
    }

    /** It would share the locks of the filesystem that it was copied from (traps-storage 21). */
    @Test
    void aCopyWithTheClusterFilesystemIsRefused() {
        for (var request : bothWays("copy")) {
            request.clearVolumeCapabilities()
                    .addVolumeCapabilities(mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2"));
            assertRefused(
                    Status.Code.INVALID_ARGUMENT,
                    "can't begin as a copy",
                    () -> csi.create(request));
        }
    }

    @Test
    void aCopyIsMadeInItsSourcesPoolAndTellsItsSource() {
        for (var request : bothWays("copy")) {
            Volume copy = csi.create(request);
            assertThat(copy.getVolumeId()).startsWith(target.pool() + "/");
            assertThat(copy.getContentSource()).isEqualTo(request.getVolumeContentSource());
            assertThat(csi.create(request)).isEqualTo(copy);
            assertThat(
                            csi.stub()
                                    .controllerGetVolume(
                                            ControllerGetVolumeRequest.newBuilder()
                                                    .setVolumeId(copy.getVolumeId())
                                                    .build())
                                    .getVolume())
                    .isEqualTo(copy);
        }
        assertThat(target.lunsMade()).isEqualTo(3);
        assertThat(roomier.luns()).isEmpty();
    }

    @Test
    void aCopyIsAsLargeAsItsSourceOrLarger() {
        for (var request : bothWays("same")) {
            assertThat(csi.create(request.clearCapacityRange()).getCapacityBytes()).isEqualTo(GIB);
        }
        for (var request : bothWays("smaller")) {
            assertThat(csi.create(request.setCapacityRange(size(1, 0))).getCapacityBytes())
                    .isEqualTo(GIB);
        }
        for (var request : bothWays("larger")) {
            assertThat(csi.create(request.setCapacityRange(size(2 * GIB, 0))).getCapacityBytes())
                    .isEqualTo(2 * GIB);
        }
        for (var request : bothWays("limited")) {
            assertRefused(
                    Status.Code.OUT_OF_RANGE,
                    "at least as large as its source",
                    () -> csi.create(request.setCapacityRange(size(1, GIB - 1))));
        }
    }

    @Test
    void theSameNameOfAnotherSourceExistsAlready() {
        csi.create(cloneOf(volume, "copy"));
        String neighbour =
                csi.create(CsiClient.volume("pvc-2").putParameters("target", "a")).getVolumeId();

        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "a copy of volume " + volume,
                () -> csi.create(cloneOf(neighbour, "copy")));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "a copy of volume",
                () -> csi.create(restoreOf(snapshot, "copy")));
        assertRefused(Status.Code.ALREADY_EXISTS, "a copy of volume", () -> csi.create("copy"));
        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "not a copy",
                () -> csi.create(cloneOf(volume, "pvc-2").putParameters("target", "a")));
    }

    @Test
    void aSourceThatIsNotThereIsNotFoundAndNothingIsRecorded() {
        for (String unknown : List.of("nonsense", TestCluster.unknownVolume(target))) {
            assertRefused(
                    Status.Code.NOT_FOUND, "no volume", () -> csi.create(cloneOf(unknown, "copy")));
            assertRefused(
                    Status.Code.NOT_FOUND,
                    "no snapshot",
                    () -> csi.create(restoreOf(unknown, "copy")));
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "id is missing", () -> csi.create(cloneOf("", "c")));
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "copy")).isEmpty();
    }

    @Test
    void aCopyIsRetryableWithItsProgressUntilItIsAllThere() {
        target.slowCopies(true);
        for (var request : bothWays("copy")) {
            for (int i = 0; i < 3; i++) {
                assertRefused(
                        Status.Code.ABORTED,
                        GIB + " of " + GIB + " bytes are left",
                        () -> csi.create(request));
            }
        }
        target.finishCopies();
        for (var request : bothWays("copy")) {
            assertThat(csi.create(request).getCapacityBytes()).isEqualTo(GIB);
        }
        assertThat(target.lunsMade()).isEqualTo(3);
    }

    /** A caller that doesn't ask again, as csi-sanity, gets its volume all the same. */
    @Test
    void aCopyThatIsSoonAllThereIsWaitedFor() {
        int[] pauses = {0};
        cluster.copies(
                new CopyPatience(
                        3,
                        () -> {
                            if (++pauses[0] == 2) {
                                target.finishCopies();
                            }
                        }));
        CsiClient patient = cluster.startController("patient");
        target.slowCopies(true);

        assertThat(patient.create(cloneOf(volume, "copy")).getCapacityBytes()).isEqualTo(GIB);
        assertThat(pauses[0]).isEqualTo(2);
    }

    /** Nobody may use what isn't all there. */
    @Test
    void aCopyThatIsNotAllThereIsNeitherPublishedNorGrownNorCopied() {
        cluster.addNode("mybox0");
        target.slowCopies(true);
        assertRefused(Status.Code.ABORTED, "", () -> csi.create(cloneOf(volume, "copy")));
        LunariaVolume placed =
                cluster.registry().get(Kind.LUNARIA_VOLUME, "copy").orElseThrow().spec();
        String copy = placed.pool() + "/" + placed.lun();

        assertRefused(Status.Code.ABORTED, "being copied", () -> csi.publish(copy, "mybox0"));
        assertRefused(
                Status.Code.ABORTED,
                "being copied",
                () -> csi.create(cloneOf(copy, "copy of copy")));
        assertRefused(
                Status.Code.ABORTED,
                "being copied",
                () ->
                        csi.stub()
                                .controllerExpandVolume(
                                        ControllerExpandVolumeRequest.newBuilder()
                                                .setVolumeId(copy)
                                                .setCapacityRange(size(2 * GIB, 0))
                                                .build()));
        csi.delete(copy);
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "copy")).isEmpty();
    }

    @Test
    void aSnapshotThatIsBeingCopiedIsNoSourceYet() {
        target.slowCopies(true);
        String slow = csi.snapshot("snap-2", volume).getSnapshotId();

        assertRefused(
                Status.Code.ABORTED, "being copied", () -> csi.create(restoreOf(slow, "copy")));
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "copy")).isEmpty();
        target.failCopies();
        assertRefused(
                Status.Code.FAILED_PRECONDITION,
                "use another",
                () -> csi.create(restoreOf(slow, "copy")));
    }

    /** The provisioner takes the code for final: so nothing may be left. */
    @Test
    void aCopyThatFailedIsRemovedAndBegunAnew() {
        target.slowCopies(true);
        assertRefused(Status.Code.ABORTED, "", () -> csi.create(cloneOf(volume, "copy")));
        target.failCopies();

        assertRefused(
                Status.Code.INTERNAL,
                "nothing is left of it",
                () -> csi.create(cloneOf(volume, "copy")));
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "copy")).isEmpty();
        assertThat(target.luns()).hasSize(1);
        target.slowCopies(false);
        csi.create(cloneOf(volume, "copy"));
    }

    /** Else the provisioner would ask for ever for what can't be. */
    @Test
    void aCopyWhoseSourceIsGoneBeforeItIsMadeIsForgotten() {
        target.faults().failBefore("CreateLun", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.create(restoreOf(snapshot, "copy")));
        csi.deleteSnapshot(snapshot);

        assertRefused(
                Status.Code.NOT_FOUND,
                "no snapshot",
                () -> csi.create(restoreOf(snapshot, "copy")));
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "copy")).isEmpty();
    }

    @Test
    void whileTheSourcesServerDoesNotServeItsPoolNothingIsForgotten() {
        target.faults().failBefore("CreateLun", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.create(cloneOf(volume, "copy")));
        target.servesPool(false);

        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.create(cloneOf(volume, "copy")));
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "copy")).isPresent();
    }

    @Test
    void aCopyNeedsRoomInItsSourcesPoolWhichMustNotBeCordoned() {
        target.totalBytes(2 * GIB);
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "no pool has room",
                () -> csi.create(cloneOf(volume, "copy").setCapacityRange(size(3 * GIB, 0))));
        csi.create(cloneOf(volume, "copy"));
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "no pool has room",
                () -> csi.create(cloneOf(volume, "another")));
        cluster.mark("a", true, false);
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "where its source is",
                () -> csi.create(cloneOf(volume, "third")));
    }

    @Test
    void parametersThatNameAnotherTargetAreInvalid() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "StorageTarget \"a\"",
                () -> csi.create(cloneOf(volume, "copy").putParameters("target", "b")));
        csi.create(cloneOf(volume, "copy").putAllParameters(Map.of("target", "a")));
    }
}
