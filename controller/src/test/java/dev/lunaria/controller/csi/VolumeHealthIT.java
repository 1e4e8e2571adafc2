package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.ControllerGetCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeHealthRequest;
import dev.lunaria.proto.csi.v1.ControllerListVolumeHealthRequest;
import dev.lunaria.proto.csi.v1.ControllerListVolumeHealthResponse;
import dev.lunaria.proto.csi.v1.CreateSnapshotRequest;
import dev.lunaria.proto.csi.v1.GetPluginCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.IdentityGrpc;
import dev.lunaria.proto.csi.v1.Topology;
import dev.lunaria.proto.csi.v1.TopologyRequirement;
import dev.lunaria.proto.csi.v1.VolumeHealth;
import dev.lunaria.proto.csi.v1.VolumeHealth.VolumeHealthEntry;
import dev.lunaria.proto.csi.v1.VolumeHealthErrorType;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.service.csi.AlphaCalls;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is alpha in CSI v1.13: ControllerGetVolumeHealth, ControllerListVolumeHealth, and from where
 * snapshots can be used.
 */
final class VolumeHealthIT {

    private static final int GET_VOLUME_HEALTH = 16;
    private static final int LIST_VOLUME_HEALTH = 17;
    private static final int SNAPSHOT_ACCESSIBILITY_CONSTRAINTS = 5;

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private CsiClient csi;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a", Map.of("zone", "z1"), false, false);
        cluster.alphaCalls(AlphaCalls.ANNOUNCED);
        csi = cluster.startController("c");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private List<VolumeHealthEntry> health(String volume) {
        VolumeHealth found =
                csi.stub()
                        .controllerGetVolumeHealth(
                                ControllerGetVolumeHealthRequest.newBuilder()
                                        .setVolumeId(volume)
                                        .build())
                        .getVolumeHealth();
        assertThat(found.getVolumeId()).isEqualTo(volume);
        return found.getHealthStatusesList();
    }

    private ControllerListVolumeHealthResponse list(int max, String token) {
        return csi.stub()
                .controllerListVolumeHealth(
                        ControllerListVolumeHealthRequest.newBuilder()
                                .setMaxEntries(max)
                                .setStartingToken(token)
                                .build());
    }

    private List<Integer> controllerCapabilities(CsiClient client) {
        return client
                .stub()
                .controllerGetCapabilities(ControllerGetCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList()
                .stream()
                .map(capability -> capability.getRpc().getTypeValue())
                .toList();
    }

    private static List<Integer> pluginCapabilities(CsiClient client) {
        return IdentityGrpc.newBlockingStub(client.channel())
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .getPluginCapabilities(GetPluginCapabilitiesRequest.getDefaultInstance())
                .getCapabilitiesList()
                .stream()
                .map(capability -> capability.getService().getTypeValue())
                .toList();
    }

    /** csi-sanity 5.5 fails on a capability that it doesn't know. */
    @Test
    void whatIsAlphaIsAnnouncedOnlyWhereThatIsWanted() {
        cluster.alphaCalls(AlphaCalls.HIDDEN);
        CsiClient usual = cluster.startController("d");

        assertThat(controllerCapabilities(csi)).contains(GET_VOLUME_HEALTH, LIST_VOLUME_HEALTH);
        assertThat(controllerCapabilities(usual))
                .isNotEmpty()
                .doesNotContain(GET_VOLUME_HEALTH, LIST_VOLUME_HEALTH);
        assertThat(pluginCapabilities(csi)).contains(SNAPSHOT_ACCESSIBILITY_CONSTRAINTS);
        assertThat(pluginCapabilities(usual))
                .isNotEmpty()
                .doesNotContain(SNAPSHOT_ACCESSIBILITY_CONSTRAINTS);
    }

    @Test
    void aSoundVolumeHasNothingAndIsNotListed() {
        String volume = csi.create("pvc-1").getVolumeId();

        assertThat(health(volume)).isEmpty();
        assertThat(list(0, "").getEntriesList()).isEmpty();
    }

    @Test
    void whatTheTargetFoundIsTold() {
        String volume = csi.create("pvc-1").getVolumeId();
        String other = csi.create("pvc-2").getVolumeId();
        target.change(
                volume,
                lun -> lun.addDamage("grants.json: it is not JSON").addNodesWithLostWrites("n1"));

        assertThat(health(volume))
                .extracting(VolumeHealthEntry::getStatus, VolumeHealthEntry::getReason)
                .containsExactly(
                        tuple(VolumeHealthErrorType.INACCESSIBLE, "Damaged"),
                        tuple(VolumeHealthErrorType.DEGRADED, "WritesLost"));
        assertThat(health(volume).getFirst().getMessage()).contains("grants.json");
        assertThat(health(other)).isEmpty();
        assertThat(list(0, "").getEntriesList())
                .extracting(VolumeHealth::getVolumeId)
                .containsExactly(volume);
    }

    @Test
    void aFullPoolAndACopyThatFailedAreTold() {
        String volume = csi.create("pvc-1").getVolumeId();
        target.change(volume, lun -> lun.setContent(Lun.Content.FAILED));
        target.totalBytes(0);

        assertThat(health(volume))
                .extracting(VolumeHealthEntry::getReason)
                .containsExactly("CopyFailed", "PoolFull");
    }

    /** It is then that somebody asks, and the registry knows what was placed there. */
    @Test
    void aTargetThatIsAwayIsToldOfEachOfItsVolumes() {
        var volumes = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            volumes.add(csi.create("pvc-" + i).getVolumeId());
        }
        volumes.sort(String::compareTo);
        target.stop();

        assertThat(health(volumes.getFirst()))
                .singleElement()
                .satisfies(entry -> {
                    assertThat(entry.getStatus()).isEqualTo(VolumeHealthErrorType.INACCESSIBLE);
                    assertThat(entry.getReason()).isEqualTo("TargetAway");
                });
        ControllerListVolumeHealthResponse page = list(2, "");
        assertThat(page.getEntriesList())
                .extracting(VolumeHealth::getVolumeId)
                .containsExactlyElementsOf(volumes.subList(0, 2));
        assertThat(list(2, page.getNextToken()).getEntriesList())
                .extracting(VolumeHealth::getVolumeId)
                .containsExactly(volumes.getLast());
    }

    @Test
    void badRequestsAreRefused() {
        assertRefused(Status.Code.INVALID_ARGUMENT, "volume_id", () -> health(""));
        assertRefused(Status.Code.NOT_FOUND, "no volume", () -> health("nonsense"));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no volume",
                () -> health(TestCluster.unknownVolume(target)));
        assertRefused(Status.Code.INVALID_ARGUMENT, "max_entries", () -> list(-1, ""));
        assertRefused(Status.Code.ABORTED, "starting_token", () -> list(0, "nonsense"));
    }

    @Test
    void aSnapshotTellsFromWhereItCanBeUsed() {
        String volume = csi.create("pvc-1").getVolumeId();
        var here = Topology.newBuilder().putSegments("zone", "z1");

        assertThat(csi.snapshot("snap-1", volume).getAccessibleTopologyList())
                .containsExactly(here.clone().putSegments("lunaria.dev/node", "true").build());
        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "accessibility_requirements",
                () ->
                        csi.stub()
                                .createSnapshot(
                                        CreateSnapshotRequest.newBuilder()
                                                .setName("snap-2")
                                                .setSourceVolumeId(volume)
                                                .setAccessibilityRequirements(
                                                        TopologyRequirement.newBuilder()
                                                                .addRequisite(
                                                                        Topology.newBuilder()
                                                                                .putSegments(
                                                                                        "zone",
                                                                                        "z2")))
                                                .build()));
        cluster.alphaCalls(AlphaCalls.HIDDEN);
        assertThat(
                        cluster.startController("d")
                                .snapshot("snap-1", volume)
                                .getAccessibleTopologyList())
                .isEmpty();
    }
}
