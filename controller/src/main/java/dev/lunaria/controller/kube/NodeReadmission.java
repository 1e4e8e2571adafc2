package dev.lunaria.controller.kube;

import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;

import dev.lunaria.controller.volume.Failure;
import io.fabric8.kubernetes.api.model.Taint;
import java.util.List;

/**
 * Takes a node back into service that was taken out of it, once it has been restarted: the opposite
 * of {@link NodeEviction}. Of one thread; keeps nothing. May be repeated.
 */
public final class NodeReadmission {

    private final ClusterNodes nodes;

    NodeReadmission(ClusterNodes nodes) {
        this.nodes = nodes;
    }

    /**
     * Removes the taint, so that volumes are published to the node again.
     *
     * @param force whether also from a node that Kubernetes doesn't have as ready
     * @return what was done, a sentence a line
     * @throws Failure {@code NOT_FOUND}: Kubernetes has no such node. {@code IN_USE}: it isn't
     *     ready
     */
    public List<String> readmit(String name, boolean force) {
        ClusterNodes.Seen seen =
                nodes.now(name)
                        .map(ClusterNodes.Seen::of)
                        .orElseThrow(() -> NodeEviction.noSuchNode(name));
        if (!seen.outOfService()) {
            return List.of("node \"%s\" is in service; nothing was done".formatted(name));
        }
        if (!seen.ready() && !force) {
            throw new Failure(
                    IN_USE,
                    "node \"%s\" isn't Ready: restart it first, so that nothing of before the fence runs there; or repeat with --force"
                            .formatted(name));
        }
        var _ = nodes.retaint(name, NodeReadmission::withoutTaint);
        return List.of(
                "the taint %s of node \"%s\" was removed: pods and volumes may come"
                        .formatted(ClusterNodes.TAINT, name));
    }

    private static List<Taint> withoutTaint(List<Taint> taints) {
        return taints.stream().filter(taint -> !taint.getKey().equals(ClusterNodes.TAINT)).toList();
    }
}
