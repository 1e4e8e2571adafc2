package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.GIB;
import static dev.lunaria.controller.CsiClient.assertRefused;
import static dev.lunaria.controller.CsiClient.block;
import static dev.lunaria.controller.CsiClient.mount;
import static dev.lunaria.controller.CsiClient.publication;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerExpandVolumeResponse;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import io.grpc.Status;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ControllerExpandVolume (CSI specification, ControllerExpandVolume). */
final class ExpandVolumeIT {

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private CsiClient csi;
    private String volume;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        cluster.addNode("mybox0");
        csi = cluster.startController("c");
        volume = csi.create("pvc-1").getVolumeId();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private ControllerExpandVolumeRequest.Builder growth(long required, long limit) {
        return ControllerExpandVolumeRequest.newBuilder()
                .setVolumeId(volume)
                .setCapacityRange(
                        CapacityRange.newBuilder().setRequiredBytes(required).setLimitBytes(limit));
    }

    private ControllerExpandVolumeResponse expand(ControllerExpandVolumeRequest.Builder request) {
        return csi.stub().controllerExpandVolume(request.build());
    }

    private long size() {
        return target.luns().iterator().next().getSizeBytes();
    }

    @Test
    void theLunGrowsAndRepeatedTenTimesItIsTheSame() {
        for (int i = 0; i < 10; i++) {
            assertThat(expand(growth(2 * GIB, 0)).getCapacityBytes()).isEqualTo(2 * GIB);
        }
        assertThat(size()).isEqualTo(2 * GIB);
    }

    @Test
    void aVolumeThatIsLargeEnoughStaysAsItIsAndNeverShrinks() {
        assertThat(expand(growth(1, 0)).getCapacityBytes()).isEqualTo(GIB);
        assertThat(expand(growth(0, GIB)).getCapacityBytes()).isEqualTo(GIB);
        assertThat(expand(growth(0, 0)).getCapacityBytes()).isEqualTo(GIB);
        assertRefused(
                Status.Code.OUT_OF_RANGE, "never made smaller", () -> expand(growth(1, GIB - 1)));
        assertThat(size()).isEqualTo(GIB);
    }

    @ParameterizedTest
    @CsvSource({
        "1073741825, 0, 1073745920",
        "1073741825, 1073745920, 1073745920",
        "1073745919, 1073749999, 1073745920",
    })
    void sizesAreRoundedUpToTheUnitWithinTheLimit(long required, long limit, long size) {
        assertThat(expand(growth(required, limit)).getCapacityBytes()).isEqualTo(size);
    }

    @ParameterizedTest
    @CsvSource({
        "1073741825, 1073741826, OUT_OF_RANGE",
        "17592186044416, 0, OUT_OF_RANGE",
        "9223372036854775807, 0, OUT_OF_RANGE",
        "-1, 0, INVALID_ARGUMENT",
        "2147483649, 2147483648, INVALID_ARGUMENT",
    })
    void sizesThatCannotBeAreRefusedAndNothingGrows(long required, long limit, Status.Code code) {
        assertRefused(code, "", () -> expand(growth(required, limit)));
        assertThat(size()).isEqualTo(GIB);
    }

    @Test
    void missingArgumentsAndUnknownVolumesAreToldApart() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "volume_id is missing",
                () -> expand(growth(2 * GIB, 0).clearVolumeId()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "capacity_range is missing",
                () -> expand(growth(0, 0).clearCapacityRange()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "ReadWriteMany",
                () ->
                        expand(
                                growth(2 * GIB, 0)
                                        .setVolumeCapability(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, "ext4"))));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "stays as large",
                () ->
                        expand(
                                growth(2 * GIB, 0)
                                        .setVolumeCapability(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2"))));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no volume",
                () -> expand(growth(2 * GIB, 0).setVolumeId(TestCluster.unknownVolume(target))));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no volume",
                () -> expand(growth(2 * GIB, 0).setVolumeId("nonsense")));
    }

    /** A filesystem grows by the node; a raw device that nobody has attached shows its size. */
    @Test
    void theNodeIsNeededForAFilesystemAndForADeviceThatIsAttached() {
        assertThat(expand(growth(2 * GIB, 0)).getNodeExpansionRequired()).isTrue();
        assertThat(
                        expand(growth(2 * GIB, 0).setVolumeCapability(mount()))
                                .getNodeExpansionRequired())
                .isTrue();
        var raw = growth(3 * GIB, 0).setVolumeCapability(block(Mode.SINGLE_NODE_WRITER));
        assertThat(expand(raw).getNodeExpansionRequired()).isFalse();

        csi.publish(
                publication(volume, "mybox0").setVolumeCapability(block(Mode.SINGLE_NODE_WRITER)));
        assertThat(expand(raw).getNodeExpansionRequired()).isTrue();
    }

    @Test
    void withoutRoomItIsExhaustedUntilSomebodyMakesRoom() {
        target.totalBytes(3 * GIB);

        assertRefused(Status.Code.RESOURCE_EXHAUSTED, "no room", () -> expand(growth(4 * GIB, 0)));
        assertThat(size()).isEqualTo(GIB);
        target.totalBytes(4 * GIB);
        assertThat(expand(growth(4 * GIB, 0)).getCapacityBytes()).isEqualTo(4 * GIB);
    }

    @Test
    void anAnswerThatWasLostIsGivenByTheNextCall() {
        target.faults().failAfter("ExpandLun", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> expand(growth(2 * GIB, 0)));

        assertThat(expand(growth(2 * GIB, 0)).getCapacityBytes()).isEqualTo(2 * GIB);
    }

    /** Else the claim could never be created again by a controller that lost track. */
    @Test
    void aCreateRepeatedAfterGrowthIsTheVolumeAsItIs() {
        expand(growth(2 * GIB, 0));

        assertThat(csi.create("pvc-1").getVolumeId()).isEqualTo(volume);
        assertThat(csi.create("pvc-1").getCapacityBytes()).isEqualTo(2 * GIB);
    }

    @Test
    void aTargetThatIsTooOldIsNamed() {
        target.faults().failBefore("ExpandLun", Status.UNIMPLEMENTED);

        assertRefused(Status.Code.UNAVAILABLE, "upgrade it", () -> expand(growth(2 * GIB, 0)));
    }
}
