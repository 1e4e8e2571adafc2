package dev.lunaria.controller.volume;

import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lunaria.controller.placement.PoolChoice;
import dev.lunaria.controller.placement.RegistryPlacements;
import dev.lunaria.controller.snapshot.LockedSnapshotGroups;
import dev.lunaria.controller.snapshot.LockedSnapshots;
import dev.lunaria.controller.snapshot.PlacedSnapshotGroups;
import dev.lunaria.controller.snapshot.PlacedSnapshots;
import dev.lunaria.controller.snapshot.Servers;
import dev.lunaria.controller.snapshot.SnapshotGroups;
import dev.lunaria.controller.snapshot.Snapshots;
import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.Secret;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A registry and two pools in memory, and controllers that are killed at a step. Owned by one test.
 */
public final class CrashPoints implements AutoCloseable {

    public static final String CLUSTER = "test";
    public static final String NODE = "mybox0";

    /** More than any operation has. */
    public static final int STEPS = 50;

    private final InstallationKeys keys =
            InstallationKeys.of(Map.of("k1", Secret.of("k".repeat(32))), "k1");
    private final Map<UUID, MemoryPool> pools = new LinkedHashMap<>();
    private final FolderRegistry registry;

    public CrashPoints(Path folder) {
        registry = FolderRegistry.open(folder);
        for (String name : List.of("a", "b")) {
            UUID pool = UUID.randomUUID();
            pools.put(pool, new MemoryPool(pool, CLUSTER));
            registry.create(
                    Kind.STORAGE_TARGET,
                    name,
                    new StorageTarget(
                            pool,
                            "unix:/" + name,
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
                new LunariaNode(List.of(), CLUSTER, "iqn.2026-11.dev.lunaria:n", 0));
    }

    /** A controller, with an empty memory. */
    public record ControllerProcess(Volumes volumes, Snapshots snapshots, SnapshotGroups groups) {}

    /** One that isn't killed. */
    public ControllerProcess controller() {
        return controller(new Steps());
    }

    private ControllerProcess controller(Steps steps) {
        var stepped = new SteppedRegistry(registry, steps);
        var registered = new RegisteredTargets(stepped);
        Targets targets = new SteppedTargets(pools, steps);
        var sources = new VolumeSources(registered, targets);
        var choice =
                new PoolChoice(
                        registered, targets, CLUSTER, Executors::newVirtualThreadPerTaskExecutor);
        var servers = new Servers(registered, targets, Executors::newVirtualThreadPerTaskExecutor);
        return new ControllerProcess(
                new LockedVolumes(
                        new IdempotentVolumes(
                                new PlacedVolumes(
                                        registered,
                                        targets,
                                        new RegistryPlacements(
                                                stepped,
                                                registered,
                                                choice,
                                                sources,
                                                UUID::randomUUID),
                                        sources,
                                        CopyPatience.NONE,
                                        new Publishing(
                                                stepped,
                                                () -> keys,
                                                NodesInService.ALL,
                                                CLUSTER,
                                                new AttachLimit(registered, targets, CLUSTER)),
                                        new VolumeListing(registered, targets, CLUSTER)))),
                new LockedSnapshots(new PlacedSnapshots(servers, CLUSTER)),
                new LockedSnapshotGroups(new PlacedSnapshotGroups(servers, CLUSTER)));
    }

    private record SteppedTargets(Map<UUID, MemoryPool> pools, Steps steps) implements Targets {

        private SteppedPool of(StorageTarget target) {
            return new SteppedPool(
                    Optional.ofNullable(pools.get(target.pool())).orElseThrow(), steps);
        }

        @Override
        public TargetPool open(StorageTarget target) {
            return of(target);
        }

        @Override
        public TargetSnapshots snapshots(StorageTarget target) {
            return of(target);
        }
    }

    /** Kills the operation at a step; says whether it had so many. The repetition must succeed. */
    public boolean killedAndRepeated(int step, Consumer<ControllerProcess> operation) {
        var steps = new Steps();
        ControllerProcess killed = controller(steps);
        steps.killAfter(step);
        Throwable thrown = catchThrowable(() -> operation.accept(killed));
        operation.accept(controller());
        return thrown != null;
    }

    /** Runs the trial with each step at which to kill. */
    public static void atEveryStep(IntConsumer trial) {
        for (int step = 0; step < STEPS; step++) {
            trial.accept(step);
        }
    }

    /** A blank volume to be made. */
    public static VolumeRequest request(String name) {
        return request(name, Optional.empty());
    }

    /** A copy to be made. */
    public static VolumeRequest request(String name, Optional<VolumeSource> source) {
        return new VolumeRequest(
                name,
                new SizeRange(1 << 20, 0),
                new Parameters(Map.of()),
                Topology.ANY,
                source,
                Limits.NONE);
    }

    public FolderRegistry registry() {
        return registry;
    }

    public MemoryPool pool(UUID pool) {
        return Optional.ofNullable(pools.get(pool)).orElseThrow();
    }

    public List<MemoryPool> pools() {
        return List.copyOf(pools.values());
    }

    public int lunsMade() {
        return pools.values().stream().mapToInt(MemoryPool::made).sum();
    }

    public int luns() {
        return pools.values().stream().mapToInt(pool -> pool.luns().size()).sum();
    }

    public int snapshotsTaken() {
        return pools.values().stream().mapToInt(MemoryPool::taken).sum();
    }

    public int snapshots() {
        return pools.values().stream().mapToInt(pool -> pool.snapshots().size()).sum();
    }

    @Override
    public void close() {
        registry.close();
    }
}
