package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.ControllerModifyVolumeRequest;
import dev.lunaria.proto.target.v1.LunLimits;
import dev.lunaria.registry.Kind;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits in CreateVolume, and ControllerModifyVolume (CSI specification). */
final class LimitsIT {

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

    private LunLimits limits() {
        return target.luns().iterator().next().getLimits();
    }

    private static LunLimits limits(long operations, long bytes) {
        return LunLimits.newBuilder()
                .setOperationsPerSecond(operations)
                .setBytesPerSecond(bytes)
                .build();
    }

    private void modify(String volume, Map<String, String> parameters) {
        assertThat(
                        csi.stub()
                                .controllerModifyVolume(
                                        ControllerModifyVolumeRequest.newBuilder()
                                                .setVolumeId(volume)
                                                .putAllModifiableParameters(parameters)
                                                .build()))
                .isNotNull();
    }

    @Test
    void aVolumeHasNoLimitsUnlessTheyAreAskedFor() {
        csi.create("pvc-1");
        assertThat(limits()).isEqualTo(LunLimits.getDefaultInstance());
    }

    @ParameterizedTest
    @CsvSource({
        "10, 1048576, 10, 1048576",
        "0, 0, 0, 0",
        "500, 100Mi, 500, 104857600",
        "500, 1024Ki, 500, 1048576",
        "100000, 2Gi, 100000, 2147483648",
    })
    void theStorageClassLimitsItsVolumes(
            String iopsLimit, String bandwidth, long operations, long bytes) {
        csi.create(
                CsiClient.volume("pvc-1")
                        .putParameters("iopsLimit", iopsLimit)
                        .putParameters("bytesPerSecondLimit", bandwidth));
        assertThat(limits()).isEqualTo(limits(operations, bytes));
    }

    /** CSI: values in mutable_parameters take precedence over those in parameters. */
    @Test
    void theVolumeAttributesClassIsStrongerThanTheStorageClass() {
        csi.create(
                CsiClient.volume("pvc-1")
                        .putParameters("iopsLimit", "100")
                        .putParameters("bytesPerSecondLimit", "1Mi")
                        .putModifiableParameters("iopsLimit", "200"));
        assertThat(limits()).isEqualTo(limits(200, 1 << 20));
    }

    @Test
    void aChangeKeepsWhatItDoesNotNameAndMayBeRepeated() {
        String volume = csi.create("pvc-1").getVolumeId();
        for (int i = 0; i < 10; i++) {
            modify(volume, Map.of("iopsLimit", "100"));
        }
        assertThat(limits()).isEqualTo(limits(100, 0));
        modify(volume, Map.of("bytesPerSecondLimit", "8Mi"));
        assertThat(limits()).isEqualTo(limits(100, 8 << 20));
        modify(volume, Map.of("iopsLimit", "0"));
        assertThat(limits()).isEqualTo(limits(0, 8 << 20));
        modify(volume, Map.of());
        assertThat(limits()).isEqualTo(limits(0, 8 << 20));
    }

    @ParameterizedTest
    @CsvSource({
        "iopsLimit, 9",
        "iopsLimit, -1",
        "iopsLimit, 10Mi",
        "iopsLimit, fast",
        "iopsLimit, ''",
        "iopsLimit, 9999999999999999",
        "bytesPerSecondLimit, 1048575",
        "bytesPerSecondLimit, 100M",
        "bytesPerSecondLimit, 1.5Gi",
        "colour, red",
        "target, a",
    })
    void whatCannotBeIsInvalidAndNothingIsChanged(String name, String value) {
        String volume = csi.create("pvc-1").getVolumeId();
        modify(volume, Map.of("iopsLimit", "100"));

        assertRefused(
                Status.Code.INVALID_ARGUMENT, name, () -> modify(volume, Map.of(name, value)));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                name,
                () -> csi.create(CsiClient.volume("pvc-2").putModifiableParameters(name, value)));
        assertThat(limits()).isEqualTo(limits(100, 0));
        assertThat(cluster.registry().get(Kind.LUNARIA_VOLUME, "pvc-2")).isEmpty();
    }

    @Test
    void aGoodAndABadParameterTogetherChangeNothing() {
        String volume = csi.create("pvc-1").getVolumeId();

        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "colour",
                () -> modify(volume, Map.of("iopsLimit", "100", "colour", "red")));
        assertThat(limits()).isEqualTo(limits(0, 0));
    }

    @Test
    void limitsThatCannotBeInAStorageClassAreInvalidAndNothingIsRecorded() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "iopsLimit",
                () -> csi.create(CsiClient.volume("pvc-1").putParameters("iopsLimit", "1")));
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
    }

    @Test
    void missingArgumentsAndUnknownVolumesAreToldApart() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "volume_id is missing",
                () -> modify("", Map.of("iopsLimit", "100")));
        for (String unknown : new String[] {"nonsense", TestCluster.unknownVolume(target)}) {
            assertRefused(
                    Status.Code.NOT_FOUND,
                    "no volume",
                    () -> modify(unknown, Map.of("iopsLimit", "100")));
        }
    }
}
