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
import dev.lunaria.proto.csi.v1.ControllerGetCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeRequest;
import dev.lunaria.proto.csi.v1.ControllerServiceCapability.RPC;
import dev.lunaria.proto.csi.v1.GetCapacityRequest;
import dev.lunaria.proto.csi.v1.GetCapacityResponse;
import dev.lunaria.proto.csi.v1.ListVolumesRequest;
import dev.lunaria.proto.csi.v1.ListVolumesResponse;
import dev.lunaria.proto.csi.v1.Topology;
import dev.lunaria.proto.csi.v1.ValidateVolumeCapabilitiesRequest;
import dev.lunaria.proto.csi.v1.ValidateVolumeCapabilitiesResponse;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * DeleteVolume, ListVolumes, ControllerGetVolume, ValidateVolumeCapabilities, GetCapacity,
 * capabilities.
 */
final class VolumesIT {

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private CsiClient csi;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        for (String node : List.of("mybox0", "mybox1")) {
            cluster.registry()
                    .create(
                            Kind.LUNARIA_NODE,
                            node,
                            new LunariaNode(
                                    List.of(),
                                    TestCluster.ID,
                                    "iqn.2026-11.dev.lunaria:node:test:" + node,
                                    0));
        }
        csi = cluster.startController("c");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void deleteRemovesTheLunAndThenThePlacement() {
        String id = csi.create("pvc-1").getVolumeId();

        csi.delete(id);
        assertThat(target.luns()).isEmpty();
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
    }

    @Test
    void deleteRepeatedOrOfTheUnknownIsDone() {
        String id = csi.create("pvc-1").getVolumeId();
        for (int i = 0; i < 10; i++) {
            csi.delete(id);
        }
        csi.delete("nonsense");
        csi.delete(TestCluster.unknownVolume(target));
        assertRefused(Status.Code.INVALID_ARGUMENT, "volume_id is missing", () -> csi.delete(""));
    }

    @Test
    void aNodeThatIsFullIsRefusedOneMore() {
        cluster.addNode("small", 2);
        cluster.addTarget("away").close();
        String first = csi.create("first").getVolumeId();
        csi.publish(first, "small");
        csi.publish(csi.create("second").getVolumeId(), "small");
        String third = csi.create("third").getVolumeId();

        assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "node \"small\" has 2 volumes, and holds at most 2",
                () -> csi.publish(third, "small"));
        csi.publish(first, "small"); // Again: no room is taken.
        csi.unpublish(first, "small");
        csi.publish(third, "small");
    }

    @Test
    void whatIsPublishedIsNotDeletedAndTheNodeIsNamed() {
        String id = csi.create("pvc-1").getVolumeId();
        csi.publish(id, "mybox0");

        assertRefused(Status.Code.FAILED_PRECONDITION, "mybox0", () -> csi.delete(id));
        csi.unpublish(id, "mybox0");
        csi.delete(id);
    }

    @Test
    void aDeleteWhoseAnswerWasLostIsFinishedByTheNext() {
        String id = csi.create("pvc-1").getVolumeId();
        target.faults().failAfter("DeleteLun", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.delete(id));
        assertRefused(Status.Code.ABORTED, "being deleted", () -> csi.create("pvc-1"));

        csi.delete(id);
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
        assertThat(csi.create("pvc-1").getVolumeId()).isNotEqualTo(id);
    }

    @Test
    void whileTheTargetIsAwayOrIsAnotherNothingIsCalledDeleted() {
        String id = csi.create("pvc-1").getVolumeId();
        target.servesPool(false);
        assertRefused(Status.Code.UNAVAILABLE, "doesn't serve pool", () -> csi.delete(id));
        target.servesPool(true);
        target.stop();
        assertRefused(Status.Code.UNAVAILABLE, "doesn't answer", () -> csi.delete(id));
        target.start();
        csi.delete(id);
        assertThat(target.luns()).isEmpty();
    }

    private ListVolumesResponse list(int max, String token) {
        return csi.stub()
                .listVolumes(
                        ListVolumesRequest.newBuilder()
                                .setMaxEntries(max)
                                .setStartingToken(token)
                                .build());
    }

    private static List<String> ids(ListVolumesResponse page) {
        return page.getEntriesList().stream()
                .map(entry -> entry.getVolume().getVolumeId())
                .toList();
    }

    @Test
    void pagesShowEveryVolumeOfEveryPoolOnce() {
        cluster.addTarget("b");
        cluster.addTarget("empty");
        var all = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            all.add(
                    csi.create(CsiClient.volume("a" + i).putParameters("target", "a"))
                            .getVolumeId());
            all.add(
                    csi.create(CsiClient.volume("b" + i).putParameters("target", "b"))
                            .getVolumeId());
        }
        for (int size = 0; size <= 7; size++) {
            var seen = new ArrayList<String>();
            String token = "";
            do {
                ListVolumesResponse page = list(size, token);
                assertThat(page.getEntriesCount()).isLessThanOrEqualTo(size == 0 ? 6 : size);
                seen.addAll(ids(page));
                token = page.getNextToken();
                assertThat(page.getEntriesCount()).isPositive();
            } while (!token.isEmpty());
            assertThat(seen)
                    .as("pages of %s", size)
                    .containsExactlyElementsOf(all.stream().sorted().toList());
        }
    }

    @Test
    void theListNamesThePublishedNodes() {
        String id = csi.create("pvc-1").getVolumeId();
        csi.publish(
                publication(id, "mybox1").setVolumeCapability(block(Mode.MULTI_NODE_MULTI_WRITER)));
        csi.publish(
                publication(id, "mybox0").setVolumeCapability(block(Mode.MULTI_NODE_MULTI_WRITER)));

        assertThat(list(0, "").getEntries(0).getStatus().getPublishedNodeIdsList())
                .containsExactly("mybox0", "mybox1");
        csi.unpublish(id, "mybox0");
        assertThat(list(0, "").getEntries(0).getStatus().getPublishedNodeIdsList())
                .containsExactly("mybox1");
    }

    /** A partial list makes the attacher publish again. */
    @Test
    void whileATargetIsAwayTheListIsUnavailableUnlessItIsRetired() {
        csi.create("pvc-1");
        FakeTarget other = cluster.addTarget("b");
        other.stop();

        assertRefused(Status.Code.UNAVAILABLE, "doesn't answer", () -> list(0, ""));
        cluster.mark("b", false, true);
        assertThat(list(0, "").getEntriesCount()).isEqualTo(1);
        other.start();
        cluster.mark("b", false, false);
        other.servesPool(false);
        assertRefused(Status.Code.UNAVAILABLE, "doesn't serve pool", () -> list(0, ""));
    }

    @Test
    void aTokenThatIsNoneIsAborted() {
        assertRefused(Status.Code.ABORTED, "from the beginning", () -> list(0, "nonsense"));
        assertRefused(
                Status.Code.ABORTED,
                "from the beginning",
                () -> list(0, target.pool() + ":nonsense"));
        assertRefused(
                Status.Code.ABORTED, "from the beginning", () -> list(0, UUID.randomUUID() + ":"));
        assertRefused(Status.Code.INVALID_ARGUMENT, "max_entries", () -> list(-1, ""));
    }

    @Test
    void aVolumeThatGoesBetweenPagesDoesNotSpoilTheToken() {
        for (int i = 0; i < 4; i++) {
            csi.create("pvc-" + i);
        }
        ListVolumesResponse first = list(2, "");
        csi.delete(ids(first).getLast());

        assertThat(ids(list(2, first.getNextToken())))
                .hasSize(2)
                .doesNotContainAnyElementsOf(ids(first));
    }

    @Test
    void getVolumeTellsSizeAndNodes() {
        String id = csi.create("pvc-1").getVolumeId();
        csi.publish(id, "mybox0");
        var answer =
                csi.stub()
                        .controllerGetVolume(
                                ControllerGetVolumeRequest.newBuilder().setVolumeId(id).build());

        assertThat(answer.getVolume().getVolumeId()).isEqualTo(id);
        assertThat(answer.getVolume().getCapacityBytes()).isEqualTo(GIB);
        assertThat(answer.getStatus().getPublishedNodeIdsList()).containsExactly("mybox0");
        assertRefused(
                Status.Code.NOT_FOUND,
                "no volume",
                () ->
                        csi.stub()
                                .controllerGetVolume(
                                        ControllerGetVolumeRequest.newBuilder()
                                                .setVolumeId(TestCluster.unknownVolume(target))
                                                .build()));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "volume_id",
                () ->
                        csi.stub()
                                .controllerGetVolume(
                                        ControllerGetVolumeRequest.getDefaultInstance()));
    }

    private ValidateVolumeCapabilitiesResponse validate(
            ValidateVolumeCapabilitiesRequest.Builder request) {
        return csi.stub().validateVolumeCapabilities(request.build());
    }

    @Test
    void validateConfirmsWhatIsPossibleAndSaysWhyNot() {
        var request =
                ValidateVolumeCapabilitiesRequest.newBuilder()
                        .setVolumeId(csi.create("pvc-1").getVolumeId())
                        .addVolumeCapabilities(mount());

        assertThat(validate(request).getConfirmed().getVolumeCapabilitiesList())
                .containsExactly(mount());
        assertThat(
                        validate(
                                request.clone()
                                        .addVolumeCapabilities(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, "xfs"))))
                .satisfies(answer -> assertThat(answer.hasConfirmed()).isFalse())
                .satisfies(answer -> assertThat(answer.getMessage()).contains("ReadWriteMany"));
        assertThat(validate(request.clone().putVolumeContext("a", "b")).hasConfirmed()).isFalse();
        assertThat(validate(request.clone().putParameters("a", "b")).getMessage())
                .contains("unknown parameter");
        assertThat(validate(request.clone().putModifiableParameters("a", "b")).getMessage())
                .contains("unknown mutable parameters");
        assertThat(validate(request.clone().putParameters("iopsLimit", "9")).getMessage())
                .contains("iopsLimit");
        var limited = request.clone().putModifiableParameters("iopsLimit", "100");
        assertThat(validate(limited).getConfirmed().getModifiableParametersMap())
                .containsExactlyEntriesOf(Map.of("iopsLimit", "100"));
    }

    @Test
    void validateNeedsItsArgumentsAndTheVolume() {
        var request = ValidateVolumeCapabilitiesRequest.newBuilder().addVolumeCapabilities(mount());

        assertRefused(Status.Code.INVALID_ARGUMENT, "volume_id", () -> validate(request.clone()));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no volume",
                () -> validate(request.clone().setVolumeId("nonsense")));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "volume_capabilities",
                () -> validate(request.clone().clearVolumeCapabilities().setVolumeId("nonsense")));
    }

    private GetCapacityResponse capacity(GetCapacityRequest.Builder request) {
        return csi.stub().getCapacity(request.build());
    }

    @Test
    void capacityIsWhatMayStillBeProvisioned() {
        target.totalBytes(10 * GIB);
        cluster.addTarget("b", Map.of("zone", "z1"), false, false).totalBytes(4 * GIB);
        cluster.addTarget("c", Map.of(), true, false);
        csi.create(CsiClient.volume("pvc-1").putParameters("target", "a"));

        assertThat(capacity(GetCapacityRequest.newBuilder()))
                .satisfies(all -> {
                    assertThat(all.getAvailableCapacity()).isEqualTo(13 * GIB);
                    assertThat(all.getMaximumVolumeSize().getValue()).isEqualTo(9 * GIB);
                });
        assertThat(
                        capacity(GetCapacityRequest.newBuilder().putParameters("target", "b"))
                                .getAvailableCapacity())
                .isEqualTo(4 * GIB);
        assertThat(
                        capacity(
                                        GetCapacityRequest.newBuilder()
                                                .setAccessibleTopology(
                                                        Topology.newBuilder()
                                                                .putSegments("zone", "z2")))
                                .getAvailableCapacity())
                .isEqualTo(9 * GIB);
        assertThat(
                        capacity(
                                        GetCapacityRequest.newBuilder()
                                                .addVolumeCapabilities(
                                                        mount(
                                                                Mode.MULTI_NODE_MULTI_WRITER,
                                                                "ext4")))
                                .getAvailableCapacity())
                .isZero();
    }

    @Test
    void capacityIsThatOfThePoolsThatAnswerAndUnavailableWithoutAny() {
        target.totalBytes(10 * GIB);
        FakeTarget other = cluster.addTarget("b");
        other.stop();
        assertThat(capacity(GetCapacityRequest.newBuilder()).getAvailableCapacity())
                .isEqualTo(10 * GIB);
        target.stop();
        assertRefused(
                Status.Code.UNAVAILABLE,
                "doesn't answer",
                () -> capacity(GetCapacityRequest.newBuilder()));
        target.start();
        other.start();
    }

    @Test
    void whatIsAdvertisedIsThis() {
        assertThat(
                        csi.stub()
                                .controllerGetCapabilities(
                                        ControllerGetCapabilitiesRequest.getDefaultInstance())
                                .getCapabilitiesList())
                .extracting(capability -> capability.getRpc().getType())
                .containsExactlyInAnyOrder(
                        RPC.Type.CREATE_DELETE_VOLUME,
                        RPC.Type.PUBLISH_UNPUBLISH_VOLUME,
                        RPC.Type.LIST_VOLUMES,
                        RPC.Type.GET_CAPACITY,
                        RPC.Type.PUBLISH_READONLY,
                        RPC.Type.EXPAND_VOLUME,
                        RPC.Type.MODIFY_VOLUME,
                        RPC.Type.CREATE_DELETE_SNAPSHOT,
                        RPC.Type.LIST_SNAPSHOTS,
                        RPC.Type.GET_SNAPSHOT,
                        RPC.Type.CLONE_VOLUME,
                        RPC.Type.LIST_VOLUMES_PUBLISHED_NODES,
                        RPC.Type.GET_VOLUME,
                        RPC.Type.SINGLE_NODE_MULTI_WRITER);
    }
}
