package dev.lunaria.controller.volume;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A volume as it is. Immutable.
 *
 * @param topology segments from which it can be reached; empty: from everywhere
 * @param source what it began as a copy of; empty where it began blank
 * @param publishedNodes names of the nodes that may use it, aren't fenced completely yet, or were
 *     fenced without the orchestrator's knowing
 */
public record Volume(
        VolumeId id,
        long sizeBytes,
        Map<String, String> topology,
        Optional<VolumeSource> source,
        List<String> publishedNodes) {

    public Volume {
        topology = Map.copyOf(topology);
        publishedNodes = List.copyOf(publishedNodes);
    }
}
