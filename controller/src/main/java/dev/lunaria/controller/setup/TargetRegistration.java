package dev.lunaria.controller.setup;

import static dev.lunaria.controller.setup.InstallationNames.CLUSTER;
import static dev.lunaria.controller.setup.InstallationNames.poolEntry;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.cli.StartupException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers target servers of this cluster: a server says itself which pool it serves, and is held
 * to it from then on. Of one thread; keeps nothing.
 */
final class TargetRegistration {
    private static final Logger log = LoggerFactory.getLogger(TargetRegistration.class);

    private final Registry registry;
    private final InstallationObjects objects;
    private final ServedPools servers;
    private final String clusterId;

    TargetRegistration(
            Registry registry, InstallationObjects objects, ServedPools servers, String clusterId) {
        this.registry = registry;
        this.objects = objects;
        this.servers = servers;
        this.clusterId = clusterId;
    }

    /**
     * Makes the StorageTarget where there is none, and writes down that there is a pool. What an
     * administrator has changed of it stays.
     *
     * @throws Failure {@code UNAVAILABLE} or {@code TIMED_OUT} where the server doesn't answer yet
     * @throws StartupException where it serves another pool than it should
     */
    void register(ClusterTarget target) {
        UUID pool = servedPool(target);
        Optional<Document<StorageTarget>> registered =
                registry.get(Kind.STORAGE_TARGET, target.name());
        if (registered.isPresent()) {
            requireSame(target, registered.get().spec(), pool);
        } else if (isUnknown(pool)) {
            registry.create(Kind.STORAGE_TARGET, target.name(), document(target, pool));
            log.atInfo()
                    .addKeyValue("target", target.name())
                    .addKeyValue("pool", pool)
                    .log("registered");
        }
        new Change(objects)
                .of(
                        InstallationObjects.Kind.CONFIG_MAP,
                        CLUSTER,
                        there -> remembered(there, target, pool));
    }

    private UUID servedPool(ClusterTarget target) {
        List<ServedPools.Pool> pools = servers.of(target.admin());
        if (pools.size() != 1) {
            throw new StartupException(
                    "the target server %s serves %d pools, and one is expected"
                            .formatted(target.name(), pools.size()));
        }
        ServedPools.Pool pool = pools.getFirst();
        if (!pool.clusterId().equals(clusterId)) {
            throw new StartupException(
                    "the pool of target server %s was made for the cluster %s, and this one is %s; give the target another folder, or install with clusterId: %2$s"
                            .formatted(target.name(), pool.clusterId(), clusterId));
        }
        return pool.id();
    }

    private static void requireSame(ClusterTarget target, StorageTarget registered, UUID pool) {
        if (!registered.pool().equals(pool)) {
            throw new StartupException(
                    "StorageTarget %s is of pool %s, but its server serves pool %s: is the right filesystem mounted there? If the old pool is lost, mark the StorageTarget retired, delete its volumes, then delete it"
                            .formatted(target.name(), registered.pool(), pool));
        }
    }

    /** An administrator may have given the pool's StorageTarget another name. */
    private boolean isUnknown(UUID pool) {
        return registry.list(Kind.STORAGE_TARGET).stream()
                .noneMatch(other -> other.spec().pool().equals(pool));
    }

    private static StorageTarget document(ClusterTarget target, UUID pool) {
        return new StorageTarget(
                pool,
                target.admin().toString(),
                "",
                List.of(target.portal().toString()),
                Map.of(),
                target.overcommitPercent(),
                false,
                false);
    }

    private static Map<String, String> remembered(
            Map<String, String> there, ClusterTarget target, UUID pool) {
        var all = new TreeMap<>(there);
        all.put(poolEntry(target.name()), pool.toString());
        return all;
    }
}
