package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A target that takes no more volumes, or is gone for good, as administrators say in its object; a
 * dead one that nobody has retired keeps what needs it waiting, and claims hear why.
 */
final class LostTargetsIT {

    private static final Map<String, String> CLAIM =
            Map.of(
                    "csi.storage.k8s.io/pvc/name", "data",
                    "csi.storage.k8s.io/pvc/namespace", "apps");

    private final KubeFixture here = new KubeFixture();

    @BeforeEach
    void addNode() {
        var _ = here.targets.add("a");
        here.addNode(KubeFixture.NODE);
    }

    @AfterEach
    void close() {
        here.close();
    }

    private void mark(String name, boolean cordoned, boolean retired) {
        Document<StorageTarget> target = here.registry.get(Kind.STORAGE_TARGET, name).orElseThrow();
        StorageTarget spec = target.spec();
        here.registry.replace(
                Kind.STORAGE_TARGET,
                target,
                new StorageTarget(
                        spec.pool(),
                        spec.endpoint(),
                        spec.ca(),
                        spec.portals(),
                        spec.topology(),
                        spec.overcommitPercent(),
                        cordoned,
                        retired));
    }

    private static Failure failure(ThrowingCallable call) {
        return catchThrowableOfType(Failure.class, call);
    }

    /** What the claims "data" heard of a volume that can't be made or published. */
    private List<Event> told(Consumer<Volumes> use) {
        try (var events = new ClaimEvents(here.client, here.persistentVolumes, here.events)) {
            var volumes = new ClaimEventVolumes(here.volumes, events);
            assertThat(failure(() -> use.accept(volumes))).isNotNull();
        }
        return here.told();
    }

    @Test
    void aCordonedTargetKeepsItsVolumesAndGetsNoOthers() {
        VolumeId before = here.create("pvc-1");
        var _ = here.targets.add("b");
        mark("a", true, false);

        here.publish(before);
        assertThat(here.create("pvc-2").pool()).isNotEqualTo(before.pool());
        here.volumes.unpublish(before, Optional.of(KubeFixture.NODE));
        here.volumes.delete(before);

        mark("b", true, false);
        var _ = here.addClaim("data");
        assertThat(told(volumes -> volumes.create(KubeFixture.request("pvc-3", CLAIM))))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getReason()).isEqualTo("NoRoom");
                    assertThat(event.getMessage()).contains("cordoned");
                });
        assertThat(here.registry.get(Kind.LUNARIA_VOLUME, "pvc-3")).isEmpty();
    }

    @Test
    void aDeadTargetKeepsItsVolumesUntilItIsRetired() {
        VolumeId id = here.create("pvc-1");
        here.publish(id);
        here.targets.takeAway(id.pool());

        assertThat(
                        failure(() -> here.volumes.unpublish(id, Optional.of(KubeFixture.NODE)))
                                .reason())
                .isEqualTo(Failure.Reason.UNAVAILABLE);
        assertThat(failure(() -> here.volumes.delete(id)).reason())
                .isEqualTo(Failure.Reason.UNAVAILABLE);
        assertThat(here.registry.get(Kind.LUNARIA_VOLUME, "pvc-1")).isPresent();

        mark("a", false, true);
        here.volumes.unpublish(id, Optional.of(KubeFixture.NODE));
        here.volumes.delete(id);
        assertThat(here.registry.get(Kind.LUNARIA_VOLUME, "pvc-1")).isEmpty();
        here.volumes.delete(id);
    }

    /** Whoever still wants to use it hears that it is gone, and doesn't wait for it. */
    @Test
    void theClaimOfAVolumeOnARetiredTargetHearsThatItIsGone() {
        VolumeId id = here.create("pvc-1");
        PersistentVolumeClaim claim = here.addClaim("data");
        here.addPersistentVolume(id, Optional.of(claim));
        mark("a", false, true);

        assertThat(
                        told(volumes ->
                                volumes.publish(
                                        new PublishRequest(id, KubeFixture.NODE, false, true))))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getInvolvedObject().getName()).isEqualTo("data");
                    assertThat(event.getMessage()).contains("retired").contains("gone for good");
                });
    }

    @Test
    void aClaimHearsThatTheTargetIsAway() {
        VolumeId id = here.create("pvc-1");
        here.targets.takeAway(id.pool());
        var _ = here.addClaim("data");

        assertThat(told(volumes -> volumes.create(KubeFixture.request("pvc-2", CLAIM))))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getReason()).isEqualTo("Unavailable");
                    assertThat(event.getMessage()).contains("doesn't answer");
                });
        assertThat(here.registry.get(Kind.LUNARIA_VOLUME, "pvc-2")).isEmpty();
    }
}
