package dev.lunaria.controller.registry;

import java.util.Map;

/** What the cluster knows of where nodes are. Used by any thread. */
@FunctionalInterface
public interface NodeLabels {

    /** Where there is no cluster, or nothing is to be told of it. */
    NodeLabels NONE = _ -> Map.of();

    /**
     * Topology segments of a node; fewer where it lacks some, empty where there is no such node.
     * {@link dev.lunaria.controller.volume.Failure} {@code UNAVAILABLE}.
     */
    Map<String, String> of(String node);
}
