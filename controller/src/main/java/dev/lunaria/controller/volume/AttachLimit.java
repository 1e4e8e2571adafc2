package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;
import static dev.lunaria.controller.volume.Failure.Reason.TIMED_OUT;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.StorageTarget;

/**
 * Refuses to publish more volumes to a node than it can hold. Used by any thread; keeps nothing.
 *
 * <p>Schedulers count by themselves; this is for those that don't. Counted at the targets, which
 * know best; one that is away counts as empty, as it mustn't keep the volumes of others from being
 * published. Calls at the same moment may together go beyond the limit; the node has the last word.
 */
public final class AttachLimit {
    private final RegisteredTargets registered;
    private final Targets targets;
    private final String clusterId;

    public AttachLimit(RegisteredTargets registered, Targets targets, String clusterId) {
        this.registered = registered;
        this.targets = targets;
        this.clusterId = clusterId;
    }

    /** {@code EXHAUSTED} where the node has no room for one more. */
    void requireRoom(String name, LunariaNode node) {
        if (node.maxVolumes() == 0) {
            return;
        }
        long published =
                registered.inService().stream().mapToLong(target -> count(target, name)).sum();
        if (published >= node.maxVolumes()) {
            throw new Failure(
                    EXHAUSTED,
                    "node \"%s\" has %d volumes, and holds at most %d; unpublish one there first"
                            .formatted(name, published, node.maxVolumes()));
        }
    }

    private long count(StorageTarget target, String node) {
        TargetPool pool = targets.open(target);
        long count = 0;
        String token = "";
        try {
            do {
                Page<Lun> page = pool.listGrantedTo(node, token);
                count +=
                        page.entries().stream()
                                .filter(lun -> lun.clusterId().equals(clusterId))
                                .count();
                token = page.nextToken();
            } while (!token.isEmpty());
        } catch (Failure failure) {
            if (failure.reason() != UNAVAILABLE && failure.reason() != TIMED_OUT) {
                throw failure;
            }
        }
        return count;
    }
}
