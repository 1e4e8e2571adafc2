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
 * @param source what it began as a copy of; empty where it began blank
 * @param remainingBytes while its content is {@code COPYING}: what is still to be copied, at most
 * @param trouble what its target has found wrong with it
 * @param blank whether nothing was ever written to it, as its target says
 */
public record Lun(
        UUID id,
        String name,
        long sizeBytes,
        String clusterId,
        String targetName,
        List<Grant> grants,
        Optional<VolumeSource> source,
        Content content,
        long remainingBytes,
        Limits limits,
        Trouble trouble,
        boolean blank) {

    /**
     * What can be wrong with it.
     *
     * @param damage which of its documents or bytes are damaged, and how; nobody may use it then
     * @param nodesWithLostWrites nodes that hear errors, as what they wrote may be lost
     */
    public record Trouble(List<String> damage, List<String> nodesWithLostWrites) {
        /** It is sound. */
        public static final Trouble NONE = new Trouble(List.of(), List.of());

        public Trouble {
            damage = List.copyOf(damage);
            nodesWithLostWrites = List.copyOf(nodesWithLostWrites);
        }
    }

    public Lun {
        grants = List.copyOf(grants);
    }

    /** {@code BUSY}, with how far it is, while it is being copied; {@code IN_USE} if it failed. */
    void requireWhole() {
        switch (content) {
            case READY -> {}
            case COPYING ->
                    throw new Failure(
                            Failure.Reason.BUSY,
                            "the volume is still being copied, %d of %d bytes are left; repeat"
                                    .formatted(remainingBytes, sizeBytes));
            case FAILED ->
                    throw new Failure(
                            Failure.Reason.IN_USE,
                            "what the volume was to be copied from could not be read; delete it");
        }
    }

    /** Nodes that may use it or aren't fenced completely yet. */
    public List<String> publishedNodes() {
        return grants.stream().filter(Grant::holds).map(Grant::node).sorted().toList();
    }

    /**
     * Nodes that the orchestrator is to take it for published to: those, and nodes that were fenced
     * without its knowing. To one that it didn't find here it would publish the volume again.
     */
    public List<String> listedNodes() {
        return grants.stream()
                .filter(grant -> grant.holds() || grant.fenced())
                .map(Grant::node)
                .sorted()
                .toList();
    }

    /** The grant of a node, alive or not. */
    public Optional<Grant> grantOf(String node) {
        return grants.stream().filter(grant -> grant.node().equals(node)).findFirst();
    }
}
