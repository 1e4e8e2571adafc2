package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static dev.lunaria.controller.CsiClient.block;
import static dev.lunaria.controller.CsiClient.mount;
import static dev.lunaria.controller.CsiClient.publication;
import static dev.lunaria.controller.CsiClient.volume;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.csi.v1.ControllerGetVolumeRequest;
import dev.lunaria.proto.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.registry.Kind;
import dev.lunaria.service.csi.PublishContext;
import dev.lunaria.service.csi.VolumeUse;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.InstallationKeys;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ControllerPublishVolume and ControllerUnpublishVolume: grants, epochs, fences and their codes.
 */
final class PublishVolumeIT {

    @TempDir Path folder;

    private TestCluster cluster;
    private FakeTarget target;
    private CsiClient csi;
    private String volume = "";

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        csi = cluster.startController("c");
        register("mybox0");
        register("mybox1");
        volume = csi.create("pvc-1").getVolumeId();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void register(String node) {
        assertThat(
                        RegistryGrpc.newBlockingStub(cluster.registryChannel("c"))
                                .withDeadlineAfter(20, TimeUnit.SECONDS)
                                .registerNode(
                                        RegisterNodeRequest.newBuilder().setName(node).build()))
                .isNotNull();
    }

    private List<String> publishedNodes() {
        return csi.stub()
                .controllerGetVolume(
                        ControllerGetVolumeRequest.newBuilder().setVolumeId(volume).build())
                .getStatus()
                .getPublishedNodeIdsList();
    }

    @Test
    void theContextSaysWhereAndWhatAndNothingSecret() {
        PublishContext context = csi.publish(volume, "mybox0");

        CreateGrantRequest grant = target.grantsMade().getFirst();
        assertThat(context.portals()).containsExactly("127.0.0.1:3260", "[::1]:3261");
        assertThat(context.targetName())
                .isEqualTo("iqn.2026-11.dev.lunaria:" + target.pool() + ":" + grant.getLun());
        assertThat(context.identity()).isEqualTo(UUID.fromString(grant.getLun()));
        assertThat(context.epoch()).isEqualTo(1);
        assertThat(context.keyId()).isEqualTo(TestCluster.KEY);
        assertThat(context.toMap().toString())
                .doesNotContain(grant.getChap().getInitiatorSecret())
                .doesNotContain(grant.getChap().getTargetSecret());
    }

    @Test
    void theSecretsAreDerivedFromTheInstallationsKeyAsTheNodeDoes() {
        csi.publish(volume, "mybox0");

        CreateGrantRequest grant = target.grantsMade().getFirst();
        var key = InstallationKeys.read(cluster.keys()).key(TestCluster.KEY).orElseThrow();
        var secrets =
                ChapSecretDerivation.derive(
                        key, new ChapSecretDerivation.Grant(TestCluster.ID, volume, "mybox0", 1));
        assertThat(grant.getChap().getInitiatorSecret())
                .isEqualTo(secrets.initiator().revealText());
        assertThat(grant.getChap().getTargetSecret()).isEqualTo(secrets.target().revealText());
        assertThat(grant.getInitiatorName()).isEqualTo("iqn.2026-11.dev.lunaria:node:test:mybox0");
    }

    @Test
    void repeatedTenTimesItIsOneGrantWithTheSameContext() {
        PublishContext first = csi.publish(volume, "mybox0");
        for (int i = 0; i < 10; i++) {
            assertThat(csi.publish(volume, "mybox0")).isEqualTo(first);
        }
        assertThat(target.grantsMade()).hasSize(1);
    }

    @Test
    void afterAFenceTheEpochIsAnotherAndSoAreTheSecrets() {
        csi.publish(volume, "mybox0");
        csi.unpublish(volume, "mybox0");
        PublishContext second = csi.publish(volume, "mybox0");

        assertThat(second.epoch()).isEqualTo(2);
        assertThat(target.grantsMade().get(1).getChap())
                .isNotEqualTo(target.grantsMade().get(0).getChap());
    }

    /** nutanix#46, trident#736: an RWO volume mounted on two nodes. */
    @Test
    void aSecondNodeOfASingleNodeVolumeIsRefusedAndTheFirstIsNamed() {
        csi.publish(volume, "mybox0");

        assertRefused(
                Status.Code.FAILED_PRECONDITION, "mybox0", () -> csi.publish(volume, "mybox1"));
        csi.unpublish(volume, "mybox0");
        csi.publish(volume, "mybox1");
    }

    @Test
    void anotherReadonlyOnTheSameNodeExistsAlready() {
        csi.publish(volume, "mybox0");

        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "",
                () -> csi.publish(publication(volume, "mybox0").setReadonly(true)));
    }

    @Test
    void readersGetGrantsThatOnlyRead() {
        csi.publish(publication(volume, "mybox0").setReadonly(true));
        csi.unpublish(volume, "mybox0");
        csi.publish(
                publication(volume, "mybox0")
                        .setVolumeCapability(mount(Mode.MULTI_NODE_READER_ONLY, "")));
        csi.publish(
                publication(volume, "mybox1")
                        .setVolumeCapability(mount(Mode.MULTI_NODE_READER_ONLY, "")));

        assertThat(target.grantsMade())
                .extracting(CreateGrantRequest::getAccess)
                .containsOnly(Access.READ_ONLY);
        assertThat(target.grantsMade())
                .extracting(CreateGrantRequest::getExclusive)
                .containsExactly(true, false, false);
        assertThat(publishedNodes()).containsExactly("mybox0", "mybox1");
    }

    @Test
    void rawBlockIsSharedByManyNodes() {
        String shared =
                csi.create(
                                volume("pvc-2")
                                        .clearVolumeCapabilities()
                                        .addVolumeCapabilities(block(Mode.MULTI_NODE_MULTI_WRITER)))
                        .getVolumeId();
        csi.publish(
                publication(shared, "mybox0")
                        .setVolumeCapability(block(Mode.MULTI_NODE_MULTI_WRITER)));
        csi.publish(
                publication(shared, "mybox1")
                        .setVolumeCapability(block(Mode.MULTI_NODE_MULTI_WRITER)));

        assertRefused(
                Status.Code.ALREADY_EXISTS,
                "",
                () ->
                        csi.publish(
                                publication(shared, "mybox1")
                                        .setVolumeCapability(block(Mode.SINGLE_NODE_WRITER))));
        csi.unpublish(shared, "");
    }

    @Test
    void theClusterFilesystemIsSharedForWriting() {
        String shared =
                csi.create(
                                volume("pvc-2")
                                        .clearVolumeCapabilities()
                                        .addVolumeCapabilities(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2")))
                        .getVolumeId();
        for (String node : List.of("mybox0", "mybox1")) {
            csi.publish(
                    publication(shared, node)
                            .setVolumeCapability(mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2")));
        }
        assertThat(target.grantsMade())
                .extracting(CreateGrantRequest::getExclusive, CreateGrantRequest::getAccess)
                .containsOnly(tuple(false, Access.READ_WRITE));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "heartbeat",
                () ->
                        csi.publish(
                                publication(shared, "mybox0")
                                        .setReadonly(true)
                                        .setVolumeCapability(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2"))));
    }

    /** Slots are made with the filesystem (traps-storage 22). */
    @Test
    void noMoreNodesThanTheClusterFilesystemWasMadeFor() {
        String shared =
                csi.create(
                                volume("pvc-2")
                                        .clearVolumeCapabilities()
                                        .addVolumeCapabilities(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2")))
                        .getVolumeId();
        for (int i = 0; i <= VolumeUse.CLUSTER_NODES; i++) {
            cluster.addNode("many" + i);
        }
        for (int i = 0; i < VolumeUse.CLUSTER_NODES; i++) {
            csi.publish(
                    publication(shared, "many" + i)
                            .setVolumeCapability(mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2")));
        }
        var oneMore =
                publication(shared, "many" + VolumeUse.CLUSTER_NODES)
                        .setVolumeCapability(mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2"));
        assertRefused(
                Status.Code.FAILED_PRECONDITION, "made for no more", () -> csi.publish(oneMore));
        csi.publish(
                publication(shared, "many3")
                        .setVolumeCapability(mount(Mode.MULTI_NODE_MULTI_WRITER, "ocfs2")));
        csi.unpublish(shared, "many3");
        csi.publish(oneMore);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ext4", "xfs", "btrfs"})
    void readWriteManyWithAFilesystemForOneNodeIsRefused(String filesystem) {
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "ReadWriteMany",
                () ->
                        csi.publish(
                                publication(volume, "mybox0")
                                        .setVolumeCapability(
                                                mount(Mode.MULTI_NODE_MULTI_WRITER, filesystem))));
        assertThat(target.grantsMade()).isEmpty();
    }

    @Test
    void missingArgumentsAreInvalid() {
        assertRefused(Status.Code.INVALID_ARGUMENT, "volume_id", () -> csi.publish("", "mybox0"));
        assertRefused(Status.Code.INVALID_ARGUMENT, "node_id", () -> csi.publish(volume, ""));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "256 bytes",
                () -> csi.publish(volume, "n".repeat(257)));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "volume_capability",
                () -> csi.publish(publication(volume, "mybox0").clearVolumeCapability()));
        assertRefused(Status.Code.INVALID_ARGUMENT, "volume_id", () -> csi.unpublish("", "mybox0"));
    }

    @Test
    void anUnknownVolumeOrNodeIsNotFound() {
        assertRefused(Status.Code.NOT_FOUND, "no volume", () -> csi.publish("nonsense", "mybox0"));
        assertRefused(
                Status.Code.NOT_FOUND,
                "no volume",
                () -> csi.publish(TestCluster.unknownVolume(target), "mybox0"));
        assertRefused(Status.Code.NOT_FOUND, "mybox9", () -> csi.publish(volume, "mybox9"));
    }

    @Test
    void unpublishOfTheUnknownIsDone() {
        csi.unpublish("nonsense", "mybox0");
        csi.unpublish(TestCluster.unknownVolume(target), "mybox0");
        csi.unpublish(volume, "mybox9");
        csi.unpublish(volume, "mybox0");
        csi.unpublish(volume, "");
        csi.unpublish(volume, "no node's name\n");
    }

    /** CSI spec#477, #610: unpublish comes before, during or without publish. */
    @Test
    void anyOrderOfPublishAndUnpublishIsFine() {
        csi.unpublish(volume, "mybox0");
        csi.publish(volume, "mybox0");
        long first = csi.publish(volume, "mybox0").epoch();
        for (int i = 0; i < 10; i++) {
            csi.unpublish(volume, "mybox0");
        }
        assertThat(csi.publish(volume, "mybox0").epoch()).isGreaterThan(first);
        assertThat(publishedNodes()).containsExactly("mybox0");
    }

    @Test
    void anEmptyNodeMeansAllNodes() {
        csi.publish(
                publication(volume, "mybox0")
                        .setVolumeCapability(block(Mode.MULTI_NODE_MULTI_WRITER)));
        csi.publish(
                publication(volume, "mybox1")
                        .setVolumeCapability(block(Mode.MULTI_NODE_MULTI_WRITER)));

        csi.unpublish(volume, "");
        assertThat(publishedNodes()).isEmpty();
    }

    @Test
    void unpublishNeedsNoMoreThanTheTargetsGrants() {
        csi.publish(volume, "mybox0");
        cluster.registry()
                .get(Kind.LUNARIA_NODE, "mybox0")
                .ifPresent(node -> cluster.registry().delete(Kind.LUNARIA_NODE, node));
        cluster.registry()
                .get(Kind.LUNARIA_VOLUME, "pvc-1")
                .ifPresent(placement -> cluster.registry().delete(Kind.LUNARIA_VOLUME, placement));

        csi.unpublish(volume, "mybox0");
        assertThat(publishedNodes()).isEmpty();
    }

    @Test
    void whileTheTargetIsAwayUnpublishIsUnavailable() {
        csi.publish(volume, "mybox0");
        target.stop();

        assertRefused(
                Status.Code.UNAVAILABLE, "see that it runs", () -> csi.unpublish(volume, "mybox0"));
        target.start();
        csi.unpublish(volume, "mybox0");
    }

    /**
     * A server that started on an empty folder has no grants: that doesn't fence anybody at the
     * real one.
     */
    @Test
    void aServerThatDoesNotServeThePoolFencesNobody() {
        csi.publish(volume, "mybox0");
        target.servesPool(false);

        assertRefused(
                Status.Code.UNAVAILABLE,
                "doesn't serve pool",
                () -> csi.unpublish(volume, "mybox0"));
        assertRefused(
                Status.Code.UNAVAILABLE, "doesn't serve pool", () -> csi.publish(volume, "mybox0"));
    }

    @Test
    void aPoolThatNobodyRegisteredFencesNobody() {
        assertRefused(
                Status.Code.UNAVAILABLE,
                "register it",
                () -> csi.unpublish(UUID.randomUUID() + "/" + UUID.randomUUID(), "mybox0"));
    }

    @Test
    void aRetiredPoolLetsVolumesGo() {
        csi.publish(volume, "mybox0");
        target.stop();
        cluster.mark("a", false, true);

        csi.unpublish(volume, "mybox0");
        assertRefused(Status.Code.NOT_FOUND, "retired", () -> csi.publish(volume, "mybox0"));
        csi.delete(volume);
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
        target.start();
    }

    @Test
    void aFenceThatCannotFinishIsNotDoneAndTheNodeStaysListed() {
        csi.publish(volume, "mybox0");
        target.stuck(true);

        assertRefused(
                Status.Code.DEADLINE_EXCEEDED, "stuck", () -> csi.unpublish(volume, "mybox0"));
        assertThat(publishedNodes()).containsExactly("mybox0");
        assertRefused(
                Status.Code.ABORTED, "still being detached", () -> csi.publish(volume, "mybox0"));
        assertRefused(
                Status.Code.FAILED_PRECONDITION, "mybox0", () -> csi.publish(volume, "mybox1"));
        target.stuck(false);
        csi.unpublish(volume, "mybox0");
        csi.publish(volume, "mybox1");
    }

    @Test
    void aGrantThatWasMadeThoughTheAnswerWasLostIsTheGrant() {
        target.faults().failAfter("CreateGrant", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.publish(volume, "mybox0"));

        assertThat(csi.publish(volume, "mybox0").epoch()).isEqualTo(1);
        target.faults().failAfter("RevokeGrant", Status.UNAVAILABLE);
        assertRefused(Status.Code.UNAVAILABLE, "", () -> csi.unpublish(volume, "mybox0"));
        assertThat(publishedNodes()).isEmpty();
        csi.unpublish(volume, "mybox0");
        assertThat(csi.publish(volume, "mybox0").epoch()).isGreaterThan(1);
    }

    /** While keys rotate, a grant keeps the key it was made with. */
    @Test
    void aRepeatedPublishKeepsTheKeyAndANewOneUsesTheNewKey() {
        csi.publish(volume, "mybox0");
        InstallationKeys.create(cluster.keys(), "k2");
        CsiClient rotated = cluster.restartController("c");

        assertThat(rotated.publish(volume, "mybox0").keyId()).isEqualTo("k1");
        rotated.unpublish(volume, "mybox0");
        assertThat(rotated.publish(volume, "mybox0").keyId()).isEqualTo("k2");
    }
}
