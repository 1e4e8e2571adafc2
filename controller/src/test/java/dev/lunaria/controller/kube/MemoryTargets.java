package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.MemoryPool;
import dev.lunaria.controller.volume.TargetPool;
import dev.lunaria.controller.volume.TargetSnapshots;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Pools in memory, registered, any of which may be away. Owned by one test. */
final class MemoryTargets implements Targets {

    static final String CLUSTER = "test";

    private final Registry registry;
    private final Map<UUID, MemoryPool> pools = new HashMap<>();
    private final Set<UUID> away = new HashSet<>();

    MemoryTargets(Registry registry) {
        this.registry = registry;
    }

    /** A pool and its StorageTarget. */
    MemoryPool add(String name) {
        return add(name, CLUSTER);
    }

    MemoryPool add(String name, String clusterId) {
        UUID id = UUID.randomUUID();
        var pool = new MemoryPool(id, clusterId);
        pools.put(id, pool);
        registry.create(Kind.STORAGE_TARGET, name, target(id, false));
        return pool;
    }

    static StorageTarget target(UUID pool, boolean retired) {
        return new StorageTarget(
                pool, "unix:/t", "", List.of("127.0.0.1:3260"), Map.of(), 100, false, retired);
    }

    /** From now on it doesn't answer. */
    void takeAway(UUID pool) {
        away.add(pool);
    }

    /** From now on it answers again. */
    void bringBack(UUID pool) {
        away.remove(pool);
    }

    @Override
    public TargetPool open(StorageTarget target) {
        if (away.contains(target.pool())) {
            throw new Failure(Failure.Reason.UNAVAILABLE, "the target server doesn't answer");
        }
        MemoryPool pool = pools.get(target.pool());
        if (pool == null) {
            throw new Failure(Failure.Reason.UNAVAILABLE, "the server doesn't serve this pool");
        }
        return pool;
    }

    @Override
    public TargetSnapshots snapshots(StorageTarget target) {
        throw new UnsupportedOperationException("no test needs it");
    }
}
