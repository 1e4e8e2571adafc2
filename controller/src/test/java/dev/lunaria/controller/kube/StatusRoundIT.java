package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Statuses say what was found, and are written when that has changed. */
final class StatusRoundIT {
    private static final Duration PATIENCE = Duration.ofHours(1);

    private final KubeFixture here = new KubeFixture();
    private final OrphanReports reports = new OrphanReports();
    private final StatusRound round =
            new StatusRound(
                    here.client,
                    here.registry,
                    here.targets,
                    here.watch,
                    new Orphans(here.persistentVolumes, here.volumes, here, PATIENCE),
                    reports,
                    new BackInService(here.nodes, here.targets),
                    here,
                    MemoryTargets.CLUSTER);

    @BeforeEach
    void addNode() {
        here.addNode(KubeFixture.NODE);
    }

    @AfterEach
    void close() {
        here.close();
    }

    private GenericKubernetesResource object(Kind<?> kind, String name) {
        return here.registry.objects(kind).withName(name).require();
    }

    private <T> T status(Kind<?> kind, String name, Class<T> type) {
        return here.client
                .getKubernetesSerialization()
                .convertValue(object(kind, name).get("status"), type);
    }

    private StorageTargetStatus target(String name) {
        return status(Kind.STORAGE_TARGET, name, StorageTargetStatus.class);
    }

    private LunariaNodeStatus node() {
        return status(Kind.LUNARIA_NODE, KubeFixture.NODE, LunariaNodeStatus.class);
    }

    private LunariaVolumeStatus volume(String name) {
        return status(Kind.LUNARIA_VOLUME, name, LunariaVolumeStatus.class);
    }

    private static Condition condition(List<Condition> conditions, String type) {
        return conditions.stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aTargetThatServesIsReadyWithItsSizes() throws Exception {
        var _ = here.targets.add("a");
        round.run();

        assertThat(target("a").total()).isEqualTo("1024Gi");
        assertThat(target("a").available()).isEqualTo("1024Gi");
        assertThat(target("a").observedGeneration()).isEqualTo(1);
        Condition ready = condition(target("a").conditions(), "Ready");
        assertThat(ready.getStatus()).isEqualTo("True");
        assertThat(ready.getLastTransitionTime()).isEqualTo("2026-11-27T12:00:00Z");
    }

    @Test
    void aStatusThatStaysIsNotWrittenAgain() throws Exception {
        var _ = here.targets.add("a");
        var _ = here.create("pvc-1");
        round.run();
        String before = object(Kind.STORAGE_TARGET, "a").getMetadata().getResourceVersion();
        String volume = object(Kind.LUNARIA_VOLUME, "pvc-1").getMetadata().getResourceVersion();
        String node =
                object(Kind.LUNARIA_NODE, KubeFixture.NODE).getMetadata().getResourceVersion();

        here.pass(Duration.ofMinutes(5));
        round.run();
        assertThat(object(Kind.STORAGE_TARGET, "a").getMetadata().getResourceVersion())
                .isEqualTo(before);
        assertThat(object(Kind.LUNARIA_VOLUME, "pvc-1").getMetadata().getResourceVersion())
                .isEqualTo(volume);
        assertThat(object(Kind.LUNARIA_NODE, KubeFixture.NODE).getMetadata().getResourceVersion())
                .isEqualTo(node);
    }

    @Test
    void aTargetThatIsAwayIsNotReadyAndSaysWhy() throws Exception {
        var _ = here.targets.add("a");
        VolumeId id = here.create("pvc-1");
        round.run();
        here.targets.takeAway(id.pool());
        here.pass(Duration.ofMinutes(5));
        round.run();

        Condition ready = condition(target("a").conditions(), "Ready");
        assertThat(ready.getStatus()).isEqualTo("False");
        assertThat(ready.getReason()).isEqualTo("Unavailable");
        assertThat(ready.getMessage()).contains("doesn't answer");
        assertThat(ready.getLastTransitionTime()).isEqualTo("2026-11-27T12:05:00Z");
        assertThat(target("a").total()).isNull();
        // Of its volumes nothing new is known.
        assertThat(volume("pvc-1").phase()).isEqualTo(LunariaVolumeStatus.Phase.READY);
    }

    @Test
    void aPoolOfAnotherClusterIsNotReady() throws Exception {
        var _ = here.targets.add("a", "another");
        round.run();

        assertThat(condition(target("a").conditions(), "Ready").getReason())
                .isEqualTo("OtherCluster");
    }

    @Test
    void twoTargetsOfOnePoolAreBothNotReady() throws Exception {
        var _ = here.targets.add("a");
        Document<StorageTarget> a = here.registry.get(Kind.STORAGE_TARGET, "a").orElseThrow();
        here.registry.create(Kind.STORAGE_TARGET, "b", a.spec());
        round.run();

        for (String name : List.of("a", "b")) {
            assertThat(condition(target(name).conditions(), "Ready").getMessage())
                    .contains("names the same pool");
        }
    }

    @Test
    void aVolumesLifeIsShown() throws Exception {
        var _ = here.targets.add("a");
        VolumeId id = here.create("pvc-1");
        here.publish(id);
        round.run();
        assertThat(volume("pvc-1").phase()).isEqualTo(LunariaVolumeStatus.Phase.READY);
        assertThat(volume("pvc-1").size()).isEqualTo("1Mi");
        assertThat(volume("pvc-1").nodes()).containsExactly(KubeFixture.NODE);
        assertThat(volume("pvc-1").volumeId()).isEqualTo(id.toString());
        assertThat(node().volumes()).isEqualTo(1);

        var placed = here.registry.get(Kind.LUNARIA_VOLUME, "pvc-1").orElseThrow();
        var marked =
                here.registry.replace(Kind.LUNARIA_VOLUME, placed, placed.spec().markedDeleting());
        round.run();
        assertThat(volume("pvc-1").phase()).isEqualTo(LunariaVolumeStatus.Phase.DELETING);
        assertThat(volume("pvc-1").observedGeneration()).isEqualTo(2);

        Document<StorageTarget> target = here.registry.get(Kind.STORAGE_TARGET, "a").orElseThrow();
        here.registry.replace(
                Kind.STORAGE_TARGET, target, MemoryTargets.target(target.spec().pool(), true));
        here.registry.replace(Kind.LUNARIA_VOLUME, marked, placed.spec());
        round.run();
        assertThat(volume("pvc-1").phase()).isEqualTo(LunariaVolumeStatus.Phase.RETIRED);
        assertThat(condition(target("a").conditions(), "Ready").getReason()).isEqualTo("Retired");
    }

    @Test
    void aPlaceWithoutALunIsPending() throws Exception {
        var pool = here.targets.add("a");
        VolumeId id = here.create("pvc-1");
        pool.luns().remove(id.lun());
        round.run();

        assertThat(volume("pvc-1").phase()).isEqualTo(LunariaVolumeStatus.Phase.PENDING);
        assertThat(volume("pvc-1").size()).isNull();
    }

    @Test
    void aNodeIsReadyWhereKubernetesAndItsKubeletSaySo() throws Exception {
        round.run();
        assertThat(condition(node().conditions(), "Ready").getStatus()).isEqualTo("True");
        assertThat(condition(node().conditions(), "OutOfService").getStatus()).isEqualTo("False");

        here.client.storage().v1().csiNodes().withName(KubeFixture.NODE).delete();
        round.run();
        assertThat(condition(node().conditions(), "Ready").getReason()).isEqualTo("NoPlugin");
    }

    @Test
    void aNodeShowsHowItAttachesAndItsSessions() throws Exception {
        var _ = here.targets.add("a");
        here.publish(here.create("pvc-1"));
        VolumeId second = here.create("pvc-2");
        here.publish(second);
        Document<LunariaNode> known =
                here.registry.get(Kind.LUNARIA_NODE, KubeFixture.NODE).orElseThrow();
        LunariaNode said = known.spec();
        here.registry.replace(
                Kind.LUNARIA_NODE,
                known,
                new LunariaNode(
                        said.addresses(),
                        said.clusterId(),
                        said.initiatorName(),
                        said.maxVolumes(),
                        "userspace"));
        round.run();
        assertThat(node().backend()).isEqualTo("userspace");
        assertThat(node().sessions()).isEqualTo(2);

        // What a target that is away would have said is as it was.
        here.targets.takeAway(second.pool());
        round.run();
        assertThat(node().sessions()).isEqualTo(2);
        assertThat(node().volumes()).isEqualTo(2);
    }

    @Test
    void anOldOrphanIsACondition() throws Exception {
        var _ = here.targets.add("a");
        VolumeId id = here.create("backup-of-tuesday");
        round.run();
        assertThat(condition(target("a").conditions(), "Orphans").getStatus()).isEqualTo("False");

        here.pass(PATIENCE);
        round.run();
        Condition orphans = condition(target("a").conditions(), "Orphans");
        assertThat(orphans.getStatus()).isEqualTo("True");
        assertThat(orphans.getMessage()).contains(id.lun().toString());
        assertThat(reports.now()).isEqualTo(Map.of(id.pool(), List.of(id.lun())));
    }

    @Test
    void whatSomebodyElseWroteIsReplaced() throws Exception {
        var _ = here.targets.add("a");
        here.registry
                .objects(Kind.STORAGE_TARGET)
                .withName("a")
                .editStatus(object -> {
                    object.setAdditionalProperty("status", Map.of("conditions", "none"));
                    return object;
                });
        round.run();

        assertThat(condition(target("a").conditions(), "Ready").getStatus()).isEqualTo("True");
    }

    @Test
    void anUnreadableDocumentKeepsNoOtherFromItsStatus() throws Exception {
        var _ = here.targets.add("a");
        var _ = here.create("pvc-1");
        var broken =
                new CustomResources()
                        .object(
                                Kind.LUNARIA_VOLUME,
                                "pvc-0",
                                here.registry
                                        .get(Kind.LUNARIA_VOLUME, "pvc-1")
                                        .orElseThrow()
                                        .spec());
        broken.<Map<String, Object>>get("spec").put("color", "red");
        var _ = here.client.resource(broken).create();
        round.run();

        assertThat(volume("pvc-1").phase()).isEqualTo(LunariaVolumeStatus.Phase.READY);
        assertThat(Optional.ofNullable(object(Kind.LUNARIA_VOLUME, "pvc-0").get("status")))
                .isEmpty();
    }
}
