package dev.lunaria.controller.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.controller.setup.InstallationObjects.Found;
import dev.lunaria.controller.setup.InstallationObjects.Kind;
import dev.lunaria.controller.setup.ServedPools.Pool;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.secret.InstallationKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the set-up of an installation makes, leaves alone, and refuses. */
final class SetupIT {

    private static final InstallationNames NAMES = new InstallationNames("lunaria-system");
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final UUID POOL = UUID.randomUUID();

    @TempDir Path folder;

    private final MemoryObjects objects = new MemoryObjects();
    private final Map<String, List<Pool>> served = new HashMap<>();
    private final List<Path> applied = new ArrayList<>();
    private final List<MetadataServices.MetadataService> announced = new ArrayList<>();
    private FolderRegistry registry;
    private Instant now = Instant.parse("2026-11-27T06:00:00Z");
    private Runnable whilePaused = () -> {};

    @BeforeEach
    void open() {
        registry = FolderRegistry.open(folder.resolve("registry"));
    }

    @AfterEach
    void close() {
        registry.close();
    }

    private Setup setup() {
        return new Setup(
                objects,
                registry,
                applied::add,
                announced::add,
                tls -> this::pools,
                () -> now,
                this::pause,
                new SecureRandom());
    }

    private List<Pool> pools(dev.lunaria.service.net.Endpoint.Tcp admin) {
        List<Pool> pools = served.get(admin.toString());
        if (pools == null) {
            throw new Failure(Failure.Reason.UNAVAILABLE, admin + " doesn't answer");
        }
        return pools;
    }

    private void pause() {
        now = now.plusSeconds(2);
        whilePaused.run();
    }

    private static Setup.Plan plan(Optional<String> clusterId, String... targets) {
        return new Setup.Plan(
                NAMES,
                clusterId,
                Optional.of(Duration.ofDays(90)),
                List.of(),
                List.of(targets).stream()
                        .map(text -> ClusterTarget.parse(text, NAMES, 7443, 3260))
                        .toList(),
                false,
                PATIENCE,
                Optional.empty());
    }

    private Map<String, String> entries(Kind kind, String name) {
        return objects.read(kind, name).map(Found::entries).orElse(Map.of());
    }

    private void serve(String target, UUID pool, String clusterId) {
        served.put(NAMES.targetHost(target) + ":7443", List.of(new Pool(pool, clusterId)));
    }

    @Test
    void theClustersIdIsChosenOnce() throws InterruptedException {
        setup().run(plan(Optional.empty()));

        assertThat(entries(Kind.CONFIG_MAP, "lunaria-cluster"))
                .containsEntry("cluster-id", MemoryObjects.CLUSTER_UID);
        assertThatThrownBy(() -> setup().run(plan(Optional.of("prod"))))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("can't become prod");
        setup().run(plan(Optional.of(MemoryObjects.CLUSTER_UID)));
    }

    @Test
    void theKeyIsOneThatProgramsRead() throws Exception {
        setup().run(plan(Optional.empty()));

        Path keys = Files.createDirectory(folder.resolve("keys"));
        for (Map.Entry<String, String> file : entries(Kind.SECRET, "lunaria-keys").entrySet()) {
            Path written = Files.writeString(keys.resolve(file.getKey()), file.getValue());
            Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-------"));
        }
        assertThat(InstallationKeys.read(keys).currentId()).isEqualTo("k1");
    }

    @Test
    void aKeyIsNeverReplaced() throws InterruptedException {
        setup().run(plan(Optional.empty()));
        Map<String, String> keys = entries(Kind.SECRET, "lunaria-keys");

        setup().run(plan(Optional.empty()));
        assertThat(entries(Kind.SECRET, "lunaria-keys")).isEqualTo(keys);

        objects.remove(Kind.SECRET, "lunaria-keys");
        assertThatThrownBy(() -> setup().run(plan(Optional.empty())))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("Restore it");
        assertThat(objects.read(Kind.SECRET, "lunaria-keys")).isEmpty();
    }

    @Test
    void certificatesAreRenewedInTimeAndOtherwiseStay() throws InterruptedException {
        setup().run(plan(Optional.empty()));
        Map<String, String> first = entries(Kind.TLS_SECRET, "lunaria-node-tls");
        assertThat(first).containsOnlyKeys("ca.crt", "tls.crt", "tls.key");

        now = now.plus(Duration.ofDays(50));
        setup().run(plan(Optional.empty()));
        assertThat(entries(Kind.TLS_SECRET, "lunaria-node-tls")).isEqualTo(first);

        now = now.plus(Duration.ofDays(20));
        setup().run(plan(Optional.empty()));
        Map<String, String> renewed = entries(Kind.TLS_SECRET, "lunaria-node-tls");
        assertThat(renewed.get("tls.crt")).isNotEqualTo(first.get("tls.crt"));
        assertThat(renewed.get("ca.crt")).isEqualTo(first.get("ca.crt"));
    }

    @Test
    void aTargetIsRegisteredWhenItAnswers() throws InterruptedException {
        whilePaused = () -> serve("storage1", POOL, MemoryObjects.CLUSTER_UID);

        setup().run(plan(Optional.empty(), "storage1=150"));

        StorageTarget registered =
                registry.get(dev.lunaria.registry.Kind.STORAGE_TARGET, "storage1")
                        .map(Document::spec)
                        .orElseThrow();
        assertThat(registered)
                .isEqualTo(
                        new StorageTarget(
                                POOL,
                                "lunaria-target-storage1.lunaria-system.svc:7443",
                                "",
                                List.of("lunaria-target-storage1.lunaria-system.svc:3260"),
                                Map.of(),
                                150,
                                false,
                                false));
        assertThat(entries(Kind.CONFIG_MAP, "lunaria-cluster"))
                .containsEntry("pool.storage1", POOL.toString());
    }

    @Test
    void whatAnAdministratorChangedStays() throws InterruptedException {
        serve("storage1", POOL, MemoryObjects.CLUSTER_UID);
        setup().run(plan(Optional.empty(), "storage1"));
        var registered =
                registry.get(dev.lunaria.registry.Kind.STORAGE_TARGET, "storage1").orElseThrow();
        StorageTarget spec = registered.spec();
        var cordoned =
                new StorageTarget(
                        spec.pool(),
                        spec.endpoint(),
                        "",
                        List.of("10.0.0.9:3260"),
                        Map.of(),
                        spec.overcommitPercent(),
                        true,
                        false);
        registry.replace(dev.lunaria.registry.Kind.STORAGE_TARGET, registered, cordoned);

        setup().run(plan(Optional.empty(), "storage1"));

        assertThat(registry.list(dev.lunaria.registry.Kind.STORAGE_TARGET))
                .extracting(Document::spec)
                .containsExactly(cordoned);
    }

    /** traps: a target that lost its disk must not pass for the one that was registered. */
    @Test
    void anotherPoolUnderTheSameNameIsRefused() throws InterruptedException {
        serve("storage1", POOL, MemoryObjects.CLUSTER_UID);
        setup().run(plan(Optional.empty(), "storage1"));
        serve("storage1", UUID.randomUUID(), MemoryObjects.CLUSTER_UID);

        assertThatThrownBy(() -> setup().run(plan(Optional.empty(), "storage1")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("is the right filesystem mounted");
        assertThat(entries(Kind.CONFIG_MAP, "lunaria-cluster"))
                .containsEntry("pool.storage1", POOL.toString());
    }

    @Test
    void aPoolOfAnotherClusterIsRefusedAndTheOthersAreRegistered() {
        serve("storage1", POOL, "other");
        serve("storage2", UUID.randomUUID(), MemoryObjects.CLUSTER_UID);

        assertThatThrownBy(() -> setup().run(plan(Optional.empty(), "storage1", "storage2")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("made for the cluster other");
        assertThat(registry.list(dev.lunaria.registry.Kind.STORAGE_TARGET))
                .extracting(Document::name)
                .containsExactly("storage2");
    }

    @Test
    void patienceEnds() {
        Instant begin = now;

        assertThatThrownBy(() -> setup().run(plan(Optional.empty(), "storage1")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("doesn't answer");
        assertThat(Duration.between(begin, now)).isCloseTo(PATIENCE, Duration.ofSeconds(4));
    }

    @Test
    void certificatesOfOthersAreWaitedFor() throws InterruptedException {
        serve("storage1", POOL, MemoryObjects.CLUSTER_UID);
        setup().run(plan(Optional.empty()));
        Map<String, String> others = entries(Kind.TLS_SECRET, "lunaria-controller-tls");
        objects.remove(Kind.TLS_SECRET, "lunaria-controller-tls");
        objects.remove(Kind.SECRET, "lunaria-ca");
        whilePaused =
                () ->
                        objects.write(
                                Kind.TLS_SECRET,
                                "lunaria-controller-tls",
                                others,
                                Optional.empty());

        Setup.Plan plan = plan(Optional.empty(), "storage1");
        setup().run(
                        new Setup.Plan(
                                NAMES,
                                plan.clusterId(),
                                Optional.empty(),
                                List.of(),
                                plan.targets(),
                                false,
                                PATIENCE,
                                Optional.empty()));

        assertThat(objects.read(Kind.SECRET, "lunaria-ca")).isEmpty();
        assertThat(registry.list(dev.lunaria.registry.Kind.STORAGE_TARGET)).hasSize(1);
    }

    @Test
    void definitionsAreAppliedInOrder() throws IOException, InterruptedException {
        Path definitions = Files.createDirectory(folder.resolve("definitions"));
        for (String name : List.of("b.yaml", "a.yaml", "README.md")) {
            Files.writeString(definitions.resolve(name), "");
        }
        Setup.Plan plan = plan(Optional.empty());

        setup().run(
                        new Setup.Plan(
                                NAMES,
                                plan.clusterId(),
                                plan.certificates(),
                                List.of("storage9.example.org"),
                                List.of(),
                                false,
                                PATIENCE,
                                Optional.of(definitions)));

        assertThat(applied)
                .containsExactly(definitions.resolve("a.yaml"), definitions.resolve("b.yaml"));
        assertThat(objects.read(Kind.TLS_SECRET, "lunaria-external-storage9.example.org-tls"))
                .isPresent();
    }

    private static Setup.Plan planWithMetadata(Optional<Duration> certificates) {
        return new Setup.Plan(
                NAMES,
                Optional.empty(),
                certificates,
                List.of(),
                List.of(),
                true,
                PATIENCE,
                Optional.empty());
    }

    @Test
    void theMetadataServiceIsAnnouncedWithWhoVouchesForIt() throws InterruptedException {
        setup().run(plan(Optional.empty()));
        assertThat(announced).isEmpty();

        setup().run(planWithMetadata(Optional.of(Duration.ofDays(90))));
        Map<String, String> secret = entries(Kind.TLS_SECRET, "lunaria-snapshot-metadata-tls");
        assertThat(announced)
                .singleElement()
                .satisfies(service -> {
                    assertThat(service.driver()).isEqualTo("csi.lunaria.dev");
                    assertThat(service.address())
                            .isEqualTo("lunaria-snapshot-metadata.lunaria-system.svc:6443");
                    assertThat(service.authorities()).isNotEmpty().isEqualTo(secret.get("ca.crt"));
                });
    }

    /** cert-manager may be slower than this. */
    @Test
    void aCertificateThatSomebodyElseMakesIsWaitedFor() throws InterruptedException {
        whilePaused =
                () ->
                        assertThat(
                                        objects.write(
                                                Kind.TLS_SECRET,
                                                "lunaria-snapshot-metadata-tls",
                                                Map.of("ca.crt", "theirs"),
                                                Optional.empty()))
                                .isTrue();
        setup().run(planWithMetadata(Optional.empty()));
        assertThat(announced)
                .singleElement()
                .satisfies(service -> assertThat(service.authorities()).isEqualTo("theirs"));
    }
}
