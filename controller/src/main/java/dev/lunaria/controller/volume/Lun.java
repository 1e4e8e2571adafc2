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
        boolean blank) {

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

    /** The grant of a node, alive or not. */
    public Optional<Grant> grantOf(String node) {
        return grants.stream().filter(grant -> grant.node().equals(node)).findFirst();
    }
}
