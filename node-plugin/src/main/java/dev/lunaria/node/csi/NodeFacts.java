package dev.lunaria.node.csi;

import dev.lunaria.node.registration.NodeIdentity;
import dev.lunaria.service.csi.AlphaCalls;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What the node says of itself. Immutable; what it asks waits.
 *
 * @param identity waits, bounded, until the node is registered
 * @param maxVolumes so many volumes may be on this node at once
 * @param segments from where the node reaches pools, and what it can do
 * @param alphaCalls whether what is alpha in CSI is announced
 */
public record NodeFacts(
        Supplier<NodeIdentity> identity,
        int maxVolumes,
        Map<String, String> segments,
        AlphaCalls alphaCalls) {
    public NodeFacts {
        segments = Map.copyOf(segments);
    }

    /** Its segments, and what the cluster knows of the node beside them. */
    Map<String, String> topology(NodeIdentity node) {
        var all = new TreeMap<>(node.topology());
        all.putAll(segments);
        return all;
    }
}
