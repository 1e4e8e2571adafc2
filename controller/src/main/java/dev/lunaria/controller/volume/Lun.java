package dev.lunaria.controller.volume;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A LUN as its target has it. Immutable.
 *
 * @param name the volume's name
 * @param targetName iSCSI name of the target behind which it is LUN 0
 * @param grants one for every node that ever held one: the epoch outlives the grant
 */
public record Lun(
        UUID id,
        String name,
        long sizeBytes,
        String clusterId,
        String targetName,
        List<Grant> grants) {

    public Lun {
        grants = List.copyOf(grants);
    }

    /** Nodes that may use it or aren't fenced completely yet. */
    public List<String> publishedNodes() {
        return grants.stream().filter(Grant::holds).map(Grant::node).sorted().toList();
    }

    /** The grant of a node, alive or not. */
    public Optional<Grant> grantOf(String node) {
        return grants.stream().filter(grant -> grant.node().equals(node)).findFirst();
    }
}
