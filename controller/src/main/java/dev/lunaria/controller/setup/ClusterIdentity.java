package dev.lunaria.controller.setup;

import static dev.lunaria.controller.setup.InstallationNames.CLUSTER;
import static dev.lunaria.controller.setup.InstallationNames.CLUSTER_ID;

import dev.lunaria.controller.setup.InstallationObjects.Kind;
import dev.lunaria.service.cli.StartupException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The cluster's id: chosen once, never changed. Of one thread; keeps nothing. */
final class ClusterIdentity {

    private final InstallationObjects objects;

    ClusterIdentity(InstallationObjects objects) {
        this.objects = objects;
    }

    /**
     * Writes the id down where none is, and returns the one that counts.
     *
     * @param wanted by the settings; empty: one that no other cluster has
     * @throws StartupException where another one was written down
     */
    String settle(Optional<String> wanted) {
        Map<String, String> settled =
                new Change(objects)
                        .of(
                                Kind.CONFIG_MAP,
                                CLUSTER,
                                there ->
                                        there.containsKey(CLUSTER_ID)
                                                ? there
                                                : with(
                                                        there,
                                                        wanted.orElseGet(objects::clusterUid)));
        String id = settled.getOrDefault(CLUSTER_ID, "");
        if (wanted.isPresent() && !wanted.get().equals(id)) {
            throw new StartupException(
                    "the cluster's id is %s and can't become %s: it is a part of every initiator name and secret, and of the pools. Set it back"
                            .formatted(id, wanted.get()));
        }
        return id;
    }

    private static Map<String, String> with(Map<String, String> there, String id) {
        var all = new TreeMap<>(there);
        all.put(CLUSTER_ID, id);
        return all;
    }
}
