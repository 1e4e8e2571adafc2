package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.GIB;
import static dev.lunaria.controller.CsiClient.assertRefused;
import static dev.lunaria.controller.CsiClient.block;
import static dev.lunaria.controller.CsiClient.mount;
import static dev.lunaria.controller.CsiClient.volume;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.CapacityRange;
import dev.lunaria.proto.csi.v1.CreateVolumeRequest;
import dev.lunaria.proto.csi.v1.Topology;
import dev.lunaria.proto.csi.v1.TopologyRequirement;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.lunaria.registry.Kind;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CreateVolume: its arguments, its codes, its repetition (CSI specification, CreateVolume). */
final class CreateVolumeIT {

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private CsiClient csi;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        csi = cluster.startController("c");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private static CreateVolumeRequest.Builder sized(String name, long required, long limit) {
        return volume(name)
                .setCapacityRange(
                        CapacityRange.newBuilder().setRequiredBytes(required).setLimitBytes(limit));
    }

    @Test
    void theVolumeIdIsThePoolAndALunThatWasRecordedFirst() {
        Volume volume = csi.create("pvc-1");

        var placement = cluster.registry().get(Kind.LUNARIA_VOLUME, "pvc-1").orElseThrow().spec();
        assertThat(placement.pool()).isEqualTo(target.pool());
        assertThat(volume.getVolumeId()).isEqualTo(placement.pool() + "/" + placement.lun());
        assertThat(volume.getCapacityBytes()).isEqualTo(GIB);
        assertThat(target.luns())
                .singleElement()
                .satisfies(lun -> {
                    assertThat(lun.getLun()).isEqualTo(placement.lun().toString());
                    assertThat(lun.getName()).isEqualTo("pvc-1");
                    assertThat(lun.getClusterId()).isEqualTo(TestCluster.ID);
                });
    }

    @Test
    void repeatedTenTimesItIsOneVolume() {
        Volume first = csi.create("pvc-1");
        for (int i = 0; i < 10; i++) {
            assertThat(csi.create("pvc-1")).isEqualTo(first);
        }
        assertThat(target.lunsMade()).isEqualTo(1);
    }

    @Test
    void theSameNameWithAnotherSizeExistsAlready() {
        csi.create(sized("pvc-1", GIB, GIB));

        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "" + GIB,
                () -> csi.create(sized("pvc-1", 2 * GIB, 2 * GIB)));
        assertRefused(
                Status.Code.ALREADY_EXISTS, "" + GIB, () -> csi.create(sized("pvc-1", 0, GIB / 2)));
        assertThat(target.lunsMade()).isEqualTo(1);
    }

    @Test
    void theSameNameWithOtherParametersExistsAlready() {
        csi.create("pvc-1");

        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "parameters",
                () -> csi.create(volume("pvc-1").putParameters("target", "a")));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 10737418240",
        "0, 1073741824, 1073741824",
        "0, 1073745919, 1073741824",
        "1, 0, 1048576",
        "1048577, 0, 1052672",
        "1073741824, 1073741824, 1073741824",
        "1073741823, 1073741824, 1073741824",
    })
    void sizesAreRoundedUpToTheUnitWithinTheLimit(long required, long limit, long size) {
        assertThat(csi.create(sized("pvc-1", required, limit)).getCapacityBytes()).isEqualTo(size);
    }

    @Test
    void withoutACapacityRangeAVolumeHasTenGibibytes() {
        assertThat(csi.create(volume("pvc-1").clearCapacityRange()).getCapacityBytes())
                .isEqualTo(10 * GIB);
    }

    @ParameterizedTest
    @CsvSource({
        "1073741825, 1073741826, OUT_OF_RANGE",
        "0, 4096, OUT_OF_RANGE",
        "9223372036854775807, 0, OUT_OF_RANGE",
        "17592186044416, 0, OUT_OF_RANGE",
        "-1, 0, INVALID_ARGUMENT",
        "0, -1, INVALID_ARGUMENT",
        "4097, 4096, INVALID_ARGUMENT",
    })
    void sizesThatCannotBeAreRefusedAndNothingIsRecorded(
            long required, long limit, Status.Code code) {
        assertRefused(code, "", () -> csi.create(sized("pvc-1", required, limit)));
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
    }

    @Test
    void missingAndAbsurdArgumentsAreInvalidAndSayWhatToDo() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "name is missing", () -> csi.create(volume("")));
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "at most 128", () -> csi.create("x".repeat(129)));
        assertRefused(Status.Code.INVALID_ARGUMENT, "control character", () -> csi.create("a\nb"));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "volume_capabilities is missing",
                () -> csi.create(volume("pvc-1").clearVolumeCapabilities()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "access_type is missing",
                () ->
                        csi.create(
                                volume("pvc-1")
                                        .addVolumeCapabilities(
                                                VolumeCapability.getDefaultInstance())));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "access_mode is missing",
                () -> csi.create(volume("pvc-1").addVolumeCapabilities(mount(Mode.UNKNOWN, ""))));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "or with one filesystem",
                () ->
                        csi.create(
                                volume("pvc-1")
                                        .addVolumeCapabilities(block(Mode.SINGLE_NODE_WRITER))));
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
    }

    @Test
    void anUnknownParameterIsRefusedButWhatTheProvisionerAddsIsNot() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "unknown parameter \"colour\"",
                () -> csi.create(volume("pvc-1").putParameters("colour", "red")));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "unknown mutable parameters [iops]",
                () -> csi.create(volume("pvc-1").putModifiableParameters("iops", "1")));
        csi.create(volume("pvc-1").putParameters("csi.storage.k8s.io/pvc/name", "data"));
        assertThat(
                        cluster.registry()
                                .get(Kind.LUNARIA_VOLUME, "pvc-1")
                                .orElseThrow()
                                .spec()
                                .parameters())
                .containsEntry("csi.storage.k8s.io/pvc/name", "data");
    }

    /**
     * synology#99: RWX on a filesystem that isn't made for it shows each pod other files, then
     * none.
     */
    @ParameterizedTest
    @ValueSource(strings = {"", "ext4", "xfs", "btrfs"})
    void readWriteManyWithAFilesystemForOneNodeIsRefusedWithTheReason(String filesystem) {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "ReadWriteMany",
                () ->
                        csi.create(
                                volume("pvc-1")
                                        .clearVolumeCapabilities()
                                        .addVolumeCapabilities(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, filesystem))));
    }

    @Test
    void rawBlockMayBeSharedAndReadersMayBeMany() {
        csi.create(
                volume("pvc-1")
                        .clearVolumeCapabilities()
                        .addVolumeCapabilities(block(Mode.MULTI_NODE_MULTI_WRITER)));
        csi.create(
                volume("pvc-2")
                        .clearVolumeCapabilities()
                        .addVolumeCapabilities(mount(Mode.MULTI_NODE_READER_ONLY, "ext4")));
        assertThat(target.lunsMade()).isEqualTo(2);
    }

    @Test
    void anUnknownFilesystemIsRefused() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "\"ntfs\" isn't supported",
                () ->
                        csi.create(
                                volume("pvc-1")
                                        .clearVolumeCapabilities()
                                        .addVolumeCapabilities(
                                                mount(Mode.SINGLE_NODE_WRITER, "ntfs"))));
    }

    /**
     * The provisioner takes any other code for final and forgets the claim, which is recorded by
     * then.
     */
    @ParameterizedTest
    @EnumSource(
            value = Status.Code.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"OK"})
    void onceTheIntentIsRecordedOnlyRetryableCodesAreAnswered(Status.Code code) {
        target.faults().failBefore("CreateLun", code.toStatus().withDescription("injected"));

        var refused = catchThrowableOfType(StatusRuntimeException.class, () -> csi.create("pvc-1"));
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "pvc-1")).isPresent();
        assertThat(refused.getStatus().getCode())
                .isIn(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.ABORTED);
        assertThat(csi.create("pvc-1").getCapacityBytes()).isEqualTo(GIB);
    }

    @Test
    void aLunThatWasMadeThoughTheAnswerWasLostIsTheVolume() {
        target.faults().failAfter("CreateLun", Status.UNAVAILABLE);

        assertRefused(Status.Code.UNAVAILABLE, "target server", () -> csi.create("pvc-1"));
        csi.create("pvc-1");
        assertThat(target.lunsMade()).isEqualTo(1);
    }

    /** Create on target A times out, the retry lands on B: one name would be two LUNs. */
    @Test
    void theRetryGoesWhereTheFirstAttemptWent() {
        target.faults().failAfter("CreateLun", Status.DEADLINE_EXCEEDED);
        assertRefused(Status.Code.DEADLINE_EXCEEDED, "isn't finished", () -> csi.create("pvc-1"));
        FakeTarget roomier = cluster.addTarget("b");
        roomier.totalBytes(100L << 40);

        assertThat(csi.create("pvc-1").getVolumeId()).startsWith(target.pool().toString());
        assertThat(roomier.luns()).isEmpty();
    }

    @Test
    void aTargetThatIsAwayIsUnavailableAndComesBack() {
        csi.create("pvc-0");
        target.stop();
        assertRefused(Status.Code.UNAVAILABLE, "see that it runs", () -> csi.create("pvc-1"));
        target.start();
        csi.create("pvc-1");
    }

    @Test
    void thePoolWithMostRoomIsChosenUnlessItIsCordonedOrRetired() {
        FakeTarget roomier = cluster.addTarget("b");
        roomier.totalBytes(2L << 40);
        FakeTarget cordoned = cluster.addTarget("c", Map.of(), true, false);
        cordoned.totalBytes(100L << 40);
        FakeTarget retired = cluster.addTarget("d", Map.of(), false, true);
        retired.totalBytes(100L << 40);

        assertThat(csi.create("pvc-1").getVolumeId()).startsWith(roomier.pool().toString());
        cluster.mark("b", true, false);
        assertThat(csi.create("pvc-2").getVolumeId()).startsWith(target.pool().toString());
    }

    @Test
    void aPoolThatIsAwayIsPassedOver() {
        FakeTarget away = cluster.addTarget("b");
        away.totalBytes(2L << 40);
        away.stop();

        assertThat(csi.create("pvc-1").getVolumeId()).startsWith(target.pool().toString());
        away.start();
    }

    @Test
    void theParameterNamesTheTarget() {
        FakeTarget small = cluster.addTarget("b");
        small.totalBytes(2 * GIB);

        assertThat(csi.create(volume("pvc-1").putParameters("target", "b")).getVolumeId())
                .startsWith(small.pool().toString());
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "no StorageTarget",
                () -> csi.create(volume("pvc-2").putParameters("target", "nowhere")));
    }

    @Test
    void withoutRoomAnywhereItIsExhaustedAndNothingIsRecorded() {
        target.totalBytes(10 * GIB);

        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "no pool has room",
                () -> csi.create(sized("pvc-1", 11 * GIB, 0)));
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
        csi.create(sized("pvc-2", 10 * GIB, 0));
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "no pool has room",
                () -> csi.create(sized("pvc-3", GIB, 0)));
    }

    @Test
    void topologyIsObeyedAndTold() {
        var zone = Topology.newBuilder().putSegments("zone", "z2").build();
        var requirement = TopologyRequirement.newBuilder().addRequisite(zone).addPreferred(zone);
        cluster.mark("a", true, false);
        cluster.addTarget("b", Map.of("zone", "z1"), false, false);
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "topology",
                () -> csi.create(volume("pvc-1").setAccessibilityRequirements(requirement)));

        FakeTarget there = cluster.addTarget("c", Map.of("zone", "z2"), false, false);
        Volume volume = csi.create(volume("pvc-1").setAccessibilityRequirements(requirement));
        assertThat(volume.getVolumeId()).startsWith(there.pool().toString());
        assertThat(volume.getAccessibleTopologyList())
                .containsExactly(zone.toBuilder().putSegments("lunaria.dev/node", "true").build());
    }

    /** Rule: nodes without the plugin are not chosen for a volume. */
    @Test
    void aVolumeIsForNodesWithAPlugin() {
        var node =
                Topology.newBuilder()
                        .putSegments("lunaria.dev/node", "true")
                        .putSegments("lunaria.dev/backend-userspace", "true")
                        .build();
        var requirement = TopologyRequirement.newBuilder().addRequisite(node).addPreferred(node);
        Volume volume = csi.create(volume("pvc-1").setAccessibilityRequirements(requirement));
        assertThat(volume.getAccessibleTopologyList())
                .containsExactly(
                        Topology.newBuilder().putSegments("lunaria.dev/node", "true").build());
    }

    @Test
    void aPlacementOnAPoolThatIsGoneForGoodIsMadeElsewhere() {
        target.faults().failBefore("CreateLun", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.create("pvc-1"));
        cluster.mark("a", false, true);
        FakeTarget other = cluster.addTarget("b");

        assertThat(csi.create("pvc-1").getVolumeId()).startsWith(other.pool().toString());
    }

    /** A server that moved or lost its disk starts empty: it must not be taken for the pool. */
    @Test
    void aServerThatDoesNotServeThePoolIsUnavailable() {
        target.faults().failBefore("CreateLun", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.create("pvc-1"));
        target.servesPool(false);

        assertRefused(Status.Code.UNAVAILABLE, "no pool", () -> csi.create("pvc-1"));
    }

    @Test
    void twoTargetsThatNameOnePoolAreRefusedUntilSomebodyMendsIt() {
        var document = cluster.registry().get(Kind.STORAGE_TARGET, "a").orElseThrow();
        cluster.registry().create(Kind.STORAGE_TARGET, "twin", document.spec());

        assertRefused(Status.Code.UNAVAILABLE, "both name pool", () -> csi.create("pvc-1"));
    }

    @Test
    void anyNameIsItsOwnVolume() {
        String first = csi.create("a/../b").getVolumeId();

        assertThat(csi.create("a%2F..%2Fb").getVolumeId()).isNotEqualTo(first);
        assertThat(csi.create("月".repeat(128)).getVolumeId()).isNotEqualTo(first);
        assertThat(UUID.fromString(first.substring(first.indexOf('/') + 1)).version()).isEqualTo(4);
    }
}
