package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.Volumes;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A claim hears what somebody has to do about its volume: once, not with every repetition. */
final class ClaimEventsIT {

    private static final Map<String, String> CLAIM =
            Map.of(
                    "csi.storage.k8s.io/pvc/name", "data",
                    "csi.storage.k8s.io/pvc/namespace", "apps");

    private final KubeFixture here = new KubeFixture();
    private ClaimEvents events = claimEvents();
    private Volumes volumes = new ClaimEventVolumes(here.volumes, events);

    private ClaimEvents claimEvents() {
        return new ClaimEvents(here.client, here.persistentVolumes, here.events);
    }

    @AfterEach
    void close() {
        here.close();
    }

    /** All events, once those under way are told. */
    private List<Event> told() {
        events.close();
        events = claimEvents();
        volumes = new ClaimEventVolumes(here.volumes, events);
        return here.told();
    }

    private void createFails() {
        assertThatThrownBy(() -> volumes.create(KubeFixture.request("pvc-1", CLAIM)))
                .isInstanceOf(Failure.class);
    }

    @Test
    void aClaimHearsThatThereIsNoRoom() {
        PersistentVolumeClaim claim = here.addClaim("data");
        createFails();

        assertThat(told())
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getInvolvedObject().getUid())
                            .isEqualTo(claim.getMetadata().getUid());
                    assertThat(event.getMetadata().getNamespace()).isEqualTo("apps");
                    assertThat(event.getType()).isEqualTo("Warning");
                    assertThat(event.getMessage()).contains("StorageTarget");
                    assertThat(event.getCount()).isEqualTo(1);
                });
    }

    @Test
    void repetitionsAreTold() {
        var _ = here.addClaim("data");
        createFails();
        assertThat(told()).hasSize(1);
        createFails();
        createFails();
        assertThat(told()).singleElement().extracting(Event::getCount).isEqualTo(1);

        here.pass(Events.REPEAT_AFTER);
        createFails();
        assertThat(told()).singleElement().extracting(Event::getCount).isEqualTo(2);
    }

    @Test
    void whatPassesByItselfIsNotTold() {
        assertThat(Reasons.isForPeople(new Failure(Failure.Reason.BUSY, "repeat"))).isFalse();
        assertThat(Reasons.isForPeople(new Failure(Failure.Reason.EXHAUSTED, "full"))).isTrue();
    }

    @Test
    void aVolumeOfNoClaimOrOfOneThatIsGoneTellsNobody() {
        createFails();
        assertThatThrownBy(() -> volumes.create(KubeFixture.request("static", Map.of())))
                .isInstanceOf(Failure.class);

        assertThat(told()).isEmpty();
    }

    @Test
    void theClaimOfAVolumeThatCannotBePublishedHearsOfIt() {
        var _ = here.targets.add("a");
        PersistentVolumeClaim claim = here.addClaim("data");
        VolumeId id = here.create("pvc-1");
        here.addPersistentVolume(id, Optional.of(claim));
        assertThatThrownBy(() ->
                        volumes.publish(new PublishRequest(id, KubeFixture.NODE, false, true)))
                .isInstanceOf(Failure.class);

        assertThat(told())
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.getInvolvedObject().getName()).isEqualTo("data");
                    assertThat(event.getMessage()).contains("for node " + KubeFixture.NODE);
                });
    }

    @Test
    void aFloodIsCut() {
        var about = new Events.About(here.addClaim("data"));
        for (int i = 0; i < Events.MAX_PER_MINUTE + 5; i++) {
            here.events.tell(about, Events.Type.WARNING, "Flood", "number " + i);
        }

        assertThat(here.told()).hasSize(Events.MAX_PER_MINUTE);
    }

    @Test
    void aLongMessageIsCutToWhatKubernetesTakes() {
        var about = new Events.About(here.addClaim("data"));
        here.events.tell(about, Events.Type.WARNING, "Long", "x".repeat(5_000));

        assertThat(here.told().getFirst().getMessage()).hasSize(Events.MAX_MESSAGE).endsWith("…");
    }
}
