package dev.lunaria.controller.volume;

import java.util.List;
import java.util.Map;

/**
 * A volume as it is. Immutable.
 *
 * @param topology segments from which it can be reached; empty: from everywhere
 * @param publishedNodes names of the nodes that may use it or aren't fenced completely yet
 */
public record Volume(
        VolumeId id, long sizeBytes, Map<String, String> topology, List<String> publishedNodes) {

    public Volume {
        topology = Map.copyOf(topology);
        publishedNodes = List.copyOf(publishedNodes);
    }
}
