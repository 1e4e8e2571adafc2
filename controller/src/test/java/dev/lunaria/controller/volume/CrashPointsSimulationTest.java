package dev.lunaria.controller.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lunaria.controller.placement.PoolChoice;
import dev.lunaria.controller.placement.RegistryPlacements;
import dev.lunaria.registry.Change;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.Spec;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.registry.Subscription;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.Secret;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A controller that is killed before or after any step of any operation leaves what the same call,
 * repeated by another controller, finishes: every step is tried, none is chosen by chance.
 */
final class CrashPointsSimulationTest {

    private static final String CLUSTER = "test";
    private static final String NODE = "mybox0";
    private static final int MORE_STEPS_THAN_ANY_OPERATION_HAS = 40;

    /** The process is gone; nothing catches this. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    /** Kills at a step: even ones before it is done, odd ones after. */
    private static final class Steps {

        private int left = Integer.MAX_VALUE;

        <T> T step(Supplier<T> work) {
            kill();
            T result = work.get();
            kill();
            return result;
        }

        private synchronized void kill() {
            if (left-- == 0) {
                throw new Killed();
            }
        }
    }

    /** A pool in memory, as a target server keeps it. */
    private static final class MemoryPool implements TargetPool {

        private final Map<UUID, Lun> luns = new TreeMap<>();
        private int made;
        private Optional<Runnable> beforeNextCreate = Optional.empty();

        @Override
        public PoolSpace space() {
            return new PoolSpace(CLUSTER, 1L << 40, 1L << 40, 0);
        }

        @Override
        public Lun create(UUID lun, String name, long sizeBytes) {
            Optional<Runnable> before = beforeNextCreate;
            beforeNextCreate = Optional.empty();
            before.ifPresent(Runnable::run);
            if (luns.containsKey(lun) && find(lun).orElseThrow().sizeBytes() != sizeBytes) {
                throw new Failure(Failure.Reason.ALREADY_EXISTS, "it has another size");
            }
            return luns.computeIfAbsent(
                    lun,
                    id -> {
                        made++;
                        return new Lun(
                                id,
                                name,
                                sizeBytes,
                                CLUSTER,
                                "iqn.2026-11.dev.lunaria:" + id,
                                List.of());
                    });
        }

        @Override
        public Lun expand(UUID lun, long sizeBytes) {
            Lun found = find(lun).orElseThrow();
            var grown =
                    new Lun(
                            found.id(),
                            found.name(),
                            Math.max(found.sizeBytes(), sizeBytes),
                            CLUSTER,
                            found.targetName(),
                            found.grants());
            luns.put(lun, grown);
            return grown;
        }

        @Override
        public Optional<Lun> find(UUID lun) {
            return Optional.ofNullable(luns.get(lun));
        }

        @Override
        public LunPage list(int max, String token) {
            return new LunPage(List.copyOf(luns.values()), "");
        }

        @Override
        public void delete(UUID lun) {
            luns.remove(lun);
        }

        @Override
        public Grant grant(GrantRequest request) {
            Lun lun = find(request.lun()).orElseThrow();
            Optional<Grant> there = lun.grantOf(request.node()).filter(Grant::holds);
            return there.orElseGet(() -> {
                var grant =
                        new Grant(
                                request.node(),
                                request.epoch(),
                                Grant.State.ACTIVE,
                                request.exclusive(),
                                request.keyId());
                replace(lun, grant);
                return grant;
            });
        }

        @Override
        public void revoke(UUID lun, Optional<String> node) {
            find(lun)
                    .ifPresent(found ->
                            found.grants().stream()
                                    .filter(Grant::holds)
                                    .forEach(grant ->
                                            replace(
                                                    found,
                                                    new Grant(
                                                            grant.node(),
                                                            grant.epoch() + 1,
                                                            Grant.State.REVOKED,
                                                            grant.exclusive(),
                                                            grant.keyId()))));
        }

        private void replace(Lun lun, Grant grant) {
            luns.put(
                    lun.id(),
                    new Lun(
                            lun.id(),
                            lun.name(),
                            lun.sizeBytes(),
                            CLUSTER,
                            lun.targetName(),
                            List.of(grant)));
        }
    }

    /** Each call is a step. */
    private record SteppedPool(TargetPool pool, Steps steps) implements TargetPool {

        @Override
        public PoolSpace space() {
            return steps.step(pool::space);
        }

        @Override
        public Lun create(UUID lun, String name, long sizeBytes) {
            return steps.step(() -> pool.create(lun, name, sizeBytes));
        }

        @Override
        public Lun expand(UUID lun, long sizeBytes) {
            return steps.step(() -> pool.expand(lun, sizeBytes));
        }

        @Override
        public Optional<Lun> find(UUID lun) {
            return steps.step(() -> pool.find(lun));
        }

        @Override
        public LunPage list(int max, String token) {
            return steps.step(() -> pool.list(max, token));
        }

        @Override
        public void delete(UUID lun) {
            assertThat(
                            steps.step(() -> {
                                pool.delete(lun);
                                return true;
                            }))
                    .isTrue();
        }

        @Override
        public Grant grant(GrantRequest request) {
            return steps.step(() -> pool.grant(request));
        }

        @Override
        public void revoke(UUID lun, Optional<String> node) {
            assertThat(
                            steps.step(() -> {
                                pool.revoke(lun, node);
                                return true;
                            }))
                    .isTrue();
        }
    }

    /** Each change is a step; so is each read. */
    private record SteppedRegistry(Registry registry, Steps steps) implements Registry {

        @Override
        public <S extends Spec> List<Document<S>> list(Kind<S> kind) {
            return steps.step(() -> registry.list(kind));
        }

        @Override
        public <S extends Spec> Optional<Document<S>> get(Kind<S> kind, String name) {
            return steps.step(() -> registry.get(kind, name));
        }

        @Override
        public <S extends Spec> Document<S> create(Kind<S> kind, String name, S spec) {
            return steps.step(() -> registry.create(kind, name, spec));
        }

        @Override
        public <S extends Spec> Document<S> replace(Kind<S> kind, Document<S> current, S spec) {
            return steps.step(() -> registry.replace(kind, current, spec));
        }

        @Override
        public <S extends Spec> void delete(Kind<S> kind, Document<S> current) {
            assertThat(
                            steps.step(() -> {
                                registry.delete(kind, current);
                                return true;
                            }))
                    .isTrue();
        }

        @Override
        public <S extends Spec> Subscription watch(Kind<S> kind, Consumer<Change<S>> listener) {
            return registry.watch(kind, listener);
        }

        @Override
        public void close() {
            registry.close();
        }
    }

    @TempDir Path folder;

    private final InstallationKeys keys =
            InstallationKeys.of(Map.of("k1", Secret.of("k".repeat(32))), "k1");
    private final Map<UUID, MemoryPool> pools = new HashMap<>();
    private FolderRegistry registry;

    @BeforeEach
    void start() {
        registry = FolderRegistry.open(folder);
        for (String name : List.of("a", "b")) {
            UUID pool = UUID.randomUUID();
            pools.put(pool, new MemoryPool());
            registry.create(
                    Kind.STORAGE_TARGET,
                    name,
                    new StorageTarget(
                            pool,
                            "unix:/none",
                            "",
                            List.of("127.0.0.1:3260"),
                            Map.of(),
                            100,
                            false,
                            false));
        }
        registry.create(
                Kind.LUNARIA_NODE,
                NODE,
                new LunariaNode(List.of(), CLUSTER, "iqn.2026-11.dev.lunaria:n"));
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    /** A new controller, with an empty memory. */
    private Volumes controller(Steps steps) {
        var stepped = new SteppedRegistry(registry, steps);
        var registered = new RegisteredTargets(stepped);
        Targets targets =
                target ->
                        new SteppedPool(
                                Optional.ofNullable(pools.get(target.pool())).orElseThrow(), steps);
        var choice =
                new PoolChoice(
                        registered, targets, CLUSTER, Executors::newVirtualThreadPerTaskExecutor);
        return new LockedVolumes(
                new IdempotentVolumes(
                        new PlacedVolumes(
                                registered,
                                targets,
                                new RegistryPlacements(
                                        stepped, registered, choice, UUID::randomUUID),
                                new Publishing(stepped, () -> keys, CLUSTER),
                                new VolumeListing(registered, targets, CLUSTER))));
    }

    private interface Operation {
        void run(Volumes volumes);
    }

    /** Kills the operation at a step; says whether it had so many. The repetition must succeed. */
    private boolean killedAndRepeated(int step, Operation operation) {
        var steps = new Steps();
        Volumes killed = controller(steps);
        steps.left = step;
        Throwable thrown = catchThrowable(() -> operation.run(killed));
        operation.run(controller(new Steps()));
        return thrown != null;
    }

    private void atEveryStep(Consumer<Integer> trial) {
        for (int step = 0; step < MORE_STEPS_THAN_ANY_OPERATION_HAS; step++) {
            trial.accept(step);
        }
    }

    private static VolumeRequest request(String name) {
        return new VolumeRequest(
                name, new SizeRange(1 << 20, 0), new Parameters(Map.of()), Topology.ANY);
    }

    private int lunsMade() {
        return pools.values().stream().mapToInt(pool -> pool.made).sum();
    }

    private int luns() {
        return pools.values().stream().mapToInt(pool -> pool.luns.size()).sum();
    }

    @Test
    void createIsFinishedByItsRepetitionAndMakesOneLun() {
        int[] killed = {0};
        atEveryStep(step -> {
            int before = lunsMade();
            killed[0] +=
                    killedAndRepeated(step, volumes -> volumes.create(request("pvc-" + step)))
                            ? 1
                            : 0;
            assertThat(lunsMade()).isEqualTo(before + 1);
        });
        assertThat(killed[0]).isGreaterThan(6).isLessThan(MORE_STEPS_THAN_ANY_OPERATION_HAS);
    }

    @Test
    void deleteIsFinishedByItsRepetitionAndLeavesNothing() {
        atEveryStep(step -> {
            VolumeId id = controller(new Steps()).create(request("pvc")).id();
            killedAndRepeated(step, volumes -> volumes.delete(id));
            assertThat(luns()).isZero();
            assertThat(registry.list(Kind.LUNARIA_VOLUME)).isEmpty();
        });
    }

    /** Else the LUN would be there again, at the epochs and so with the secrets of the old one. */
    @Test
    void aCreateThatIsOvertakenByADeleteLeavesNothing() {
        VolumeId id = controller(new Steps()).create(request("pvc")).id();
        MemoryPool pool = Optional.ofNullable(pools.get(id.pool())).orElseThrow();
        pool.beforeNextCreate = Optional.of(() -> controller(new Steps()).delete(id));
        assertThatThrownBy(() -> controller(new Steps()).create(request("pvc")))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Failure.Reason.BUSY));
        assertThat(luns()).isZero();
        assertThat(controller(new Steps()).create(request("pvc")).id()).isNotEqualTo(id);
    }

    @Test
    void expandIsFinishedByItsRepetitionAtTheSizeAskedFor() {
        VolumeId id = controller(new Steps()).create(request("pvc")).id();
        atEveryStep(step -> {
            long size = (2L + step) << 20;
            killedAndRepeated(step, volumes -> volumes.expand(id, new SizeRange(size, size)));
            assertThat(controller(new Steps()).get(id).sizeBytes()).isEqualTo(size);
        });
    }

    /** Else a claim that grew could never be created again by the controller that lost track. */
    @Test
    void aCreateRepeatedAfterGrowthIsTheVolumeAsItIs() {
        VolumeId id = controller(new Steps()).create(request("pvc")).id();
        controller(new Steps()).expand(id, new SizeRange(2 << 20, 0));

        assertThat(controller(new Steps()).create(request("pvc")))
                .satisfies(volume -> assertThat(volume.id()).isEqualTo(id))
                .satisfies(volume -> assertThat(volume.sizeBytes()).isEqualTo(2 << 20));
    }

    @Test
    void publishIsFinishedByItsRepetitionAtTheSameEpoch() {
        VolumeId id = controller(new Steps()).create(request("pvc")).id();
        long[] epoch = {0};
        atEveryStep(step -> {
            killedAndRepeated(
                    step, volumes -> volumes.publish(new PublishRequest(id, NODE, false, true)));
            long now =
                    controller(new Steps())
                            .publish(new PublishRequest(id, NODE, false, true))
                            .epoch();
            assertThat(now).isEqualTo(++epoch[0]);
            controller(new Steps()).unpublish(id, Optional.of(NODE));
        });
    }

    @Test
    void unpublishIsFinishedByItsRepetitionAndRaisesTheEpochOnce() {
        VolumeId id = controller(new Steps()).create(request("pvc")).id();
        atEveryStep(step -> {
            long epoch =
                    controller(new Steps())
                            .publish(new PublishRequest(id, NODE, false, true))
                            .epoch();
            killedAndRepeated(step, volumes -> volumes.unpublish(id, Optional.of(NODE)));
            assertThat(controller(new Steps()).get(id).publishedNodes()).isEmpty();
            assertThat(epoch).isEqualTo(step + 1);
        });
    }
}
