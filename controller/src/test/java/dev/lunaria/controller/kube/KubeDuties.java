package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.volume.Limits;
import dev.lunaria.controller.volume.NewLun;
import dev.lunaria.registry.Kind;
import dev.lunaria.service.net.CallerCheck;
import dev.lunaria.service.secret.Secret;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What a controller does only after an hour, or beside another one; under the same rights. */
public final class KubeDuties {
    private static final Duration PATIENCE = Duration.ofHours(1);

    private KubeDuties() {}

    /** As the controller's user. */
    public static void deleteAnOrphanAndTellAnEventTwice(ApiServer server) throws Exception {
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(server.controllerConfig()).build()) {
            deleteAnOrphan(client);
            tellTwice(client);
        }
    }

    /** As the controller's user: what a node's call and an administrator's command bring about. */
    public static void checkATokenAndReadmit(ApiServer server, String node) {
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(server.controllerConfig()).build()) {
            assertThat(
                            new NodeTokens(client, "lunaria", "lunaria-node")
                                    .check(Secret.of("nonsense")))
                    .isInstanceOf(CallerCheck.Verdict.Refused.class);
            assertThat(new NodeReadmission(new ClusterNodes(client)).readmit(node, false))
                    .singleElement()
                    .asString()
                    .contains("removed");
        }
    }

    private static void deleteAnOrphan(KubernetesClient client) throws Exception {
        try (var here = new KubeFixture()) {
            var pool = here.targets.add("a");
            var _ =
                    pool.create(
                            new NewLun(
                                    UUID.randomUUID(),
                                    "pvc-" + UUID.randomUUID(),
                                    4096,
                                    Optional.empty(),
                                    Limits.NONE));
            var orphans = new Orphans(new PersistentVolumes(client), here.volumes, here, PATIENCE);
            var _ = orphans.round(here.survey(), here.registry.list(Kind.LUNARIA_VOLUME));
            here.pass(PATIENCE);
            var _ = orphans.round(here.survey(), here.registry.list(Kind.LUNARIA_VOLUME));
            assertThat(pool.luns()).isEmpty();
        }
    }

    /** Two controllers have the same to tell. */
    private static void tellTwice(KubernetesClient client) {
        var claim = client.persistentVolumeClaims().inNamespace("lunaria").withName("data");
        var about = new Events.About(claim.require());
        Instant first = Instant.parse("2026-11-27T12:00:00Z");
        for (Instant now : List.of(first, first.plusSeconds(1))) {
            new Events(client, InstantSource.fixed(now))
                    .tell(about, Events.Type.WARNING, "Twice", "the same");
        }

        Event told =
                client.v1()
                        .events()
                        .inNamespace("lunaria")
                        .withName("lunaria." + Events.key(about, "Twice", "the same"))
                        .require();
        assertThat(told.getCount()).isEqualTo(2);
        assertThat(told.getLastTimestamp()).isEqualTo("2026-11-27T12:00:01Z");
    }
}
