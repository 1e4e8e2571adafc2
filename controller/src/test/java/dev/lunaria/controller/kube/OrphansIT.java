package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.volume.Limits;
import dev.lunaria.controller.volume.NewLun;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An orphan is reported; deleted is only what provably never held anything. */
final class OrphansIT {
    private static final Duration PATIENCE = Duration.ofHours(1);

    private final KubeFixture here = new KubeFixture();
    private final Orphans orphans =
            new Orphans(here.persistentVolumes, here.volumes, here, PATIENCE);

    @BeforeEach
    void addPool() {
        var _ = here.targets.add("a");
        here.addNode(KubeFixture.NODE);
    }

    @AfterEach
    void close() {
        here.close();
    }

    private static String provisioned() {
        return "pvc-" + UUID.randomUUID();
    }

    private Map<UUID, List<UUID>> round() throws InterruptedException {
        List<Document<LunariaVolume>> placements = here.registry.list(Kind.LUNARIA_VOLUME);
        return orphans.round(here.survey(), placements);
    }

    private Map<UUID, List<UUID>> lookAgainLater() throws InterruptedException {
        var _ = round();
        here.pass(PATIENCE);
        return round();
    }

    private boolean isThere(VolumeId id) throws InterruptedException {
        return here.survey().pool(id.pool()).orElseThrow().luns().stream()
                .anyMatch(lun -> lun.id().equals(id.lun()));
    }

    @Test
    void whatNeverHeldAnythingAndNobodyWantsIsDeletedWithItsPlacement() throws Exception {
        VolumeId id = here.create(provisioned());

        assertThat(lookAgainLater()).isEmpty();
        assertThat(isThere(id)).isFalse();
        assertThat(here.registry.list(Kind.LUNARIA_VOLUME)).isEmpty();
    }

    /** A controller that died between writing down the place and making the LUN. */
    @Test
    void aPlaceOfALunThatWasNeverMadeGoesOnceItsClaimIsGone() throws Exception {
        UUID pool = here.survey().pools().getFirst().id();
        String uid = here.addClaim("waiting").getMetadata().getUid();
        place(provisioned(), pool);
        place("pvc-" + uid, pool);

        assertThat(lookAgainLater()).isEmpty();
        assertThat(here.registry.list(Kind.LUNARIA_VOLUME))
                .extracting(Document::name)
                .containsExactly("pvc-" + uid);
    }

    private void place(String name, UUID pool) {
        var _ =
                here.registry.create(
                        Kind.LUNARIA_VOLUME,
                        name,
                        new LunariaVolume(pool, UUID.randomUUID(), 4096, Map.of(), null, false));
    }

    @Test
    void aVolumeThatWasMadeAMomentAgoIsLeftToItsProvisioner() throws Exception {
        VolumeId id = here.create(provisioned());

        assertThat(round()).isEmpty();
        here.pass(PATIENCE.minus(Duration.ofSeconds(1)));
        assertThat(round()).isEmpty();
        assertThat(isThere(id)).isTrue();
    }

    @Test
    void aVolumeWithAPersistentVolumeIsNone() throws Exception {
        VolumeId id = here.create(provisioned());
        here.addPersistentVolume(id, Optional.empty());

        assertThat(lookAgainLater()).isEmpty();
        assertThat(isThere(id)).isTrue();
    }

    @Test
    void aVolumeWhoseClaimIsThereIsReportedOnly() throws Exception {
        String uid = here.addClaim("data").getMetadata().getUid();
        VolumeId id = here.create("pvc-" + uid);

        assertThat(lookAgainLater()).isEqualTo(Map.of(id.pool(), List.of(id.lun())));
        assertThat(isThere(id)).isTrue();
    }

    @Test
    void aVolumeThatANodeEverHadIsReportedOnly() throws Exception {
        VolumeId id = here.create(provisioned());
        here.publish(id);
        here.volumes.unpublish(id, Optional.of(KubeFixture.NODE));

        assertThat(lookAgainLater()).isEqualTo(Map.of(id.pool(), List.of(id.lun())));
        assertThat(isThere(id)).isTrue();
    }

    @Test
    void aVolumeThatNoProvisionerNamedIsReportedOnly() throws Exception {
        VolumeId id = here.create("backup-of-tuesday");

        assertThat(lookAgainLater()).isEqualTo(Map.of(id.pool(), List.of(id.lun())));
        assertThat(isThere(id)).isTrue();
    }

    @Test
    void anotherClustersVolumesAreNeitherTouchedNorCounted() throws Exception {
        var foreign = here.targets.add("b", "another");
        var _ =
                foreign.create(
                        new NewLun(
                                UUID.randomUUID(),
                                provisioned(),
                                4096,
                                Optional.empty(),
                                Limits.NONE));

        assertThat(lookAgainLater()).isEmpty();
        assertThat(foreign.luns()).hasSize(1);
    }

    /** Its time goes on running, and nothing of it is deleted meanwhile. */
    @Test
    void aPoolThatIsAwayKeepsItsOrphans() throws Exception {
        VolumeId id = here.create(provisioned());
        var _ = round();
        here.targets.takeAway(id.pool());
        here.pass(PATIENCE);
        assertThat(round()).isEmpty();
        here.targets.bringBack(id.pool());

        assertThat(round()).isEmpty();
        assertThat(isThere(id)).isFalse();
    }

    @Test
    void onlySoManyAreDeletedInARound() throws Exception {
        for (int i = 0; i < Orphans.MAX_DELETED + 1; i++) {
            var _ = here.create(provisioned());
        }

        assertThat(lookAgainLater().values().stream().mapToInt(List::size).sum()).isEqualTo(1);
        assertThat(round()).isEmpty();
    }
}
