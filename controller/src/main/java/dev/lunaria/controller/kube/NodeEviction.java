package dev.lunaria.controller.kube;

import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.NodeFence;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes a node out of service: what an administrator does about one that is dead. Of one thread;
 * keeps nothing. Everything may be repeated.
 *
 * <p>First the fence, then the taint: Kubernetes starts the pods elsewhere as soon as it sees the
 * taint. And the fence once more, as an attacher may have published in between; from the taint on
 * that is refused.
 */
public final class NodeEviction {

    private static final String VALUE = "nodeshutdown";
    private static final String EFFECT = "NoExecute";
    private static final String WHOLE_TAINT = ClusterNodes.TAINT + "=" + VALUE + ":" + EFFECT;

    private final ClusterNodes nodes;
    private final NodeFence fence;
    private final Registry registry;

    NodeEviction(ClusterNodes nodes, NodeFence fence, Registry registry) {
        this.nodes = nodes;
        this.fence = fence;
        this.registry = registry;
    }

    /**
     * Fences the node at every target, and taints it.
     *
     * @param force whether also a node that Kubernetes has as ready
     * @return what was done and what happens next, a sentence a line
     * @throws Failure {@code NOT_FOUND}: nobody knows the node. {@code IN_USE}: it is ready. {@code
     *     UNAVAILABLE}: it isn't fenced everywhere
     */
    public List<String> evict(String name, boolean force) throws InterruptedException {
        Optional<Node> node = nodes.now(name);
        boolean ready =
                node.map(ClusterNodes.Seen::of).filter(ClusterNodes.Seen::ready).isPresent();
        if (node.isEmpty() && registry.get(Kind.LUNARIA_NODE, name).isEmpty()) {
            throw noSuchNode(name);
        }
        if (ready && !force) {
            throw new Failure(
                    IN_USE,
                    "node \"%s\" is Ready: its kubelet answers, and its pods would lose their volumes while they run. Drain it (kubectl drain); or repeat with --force, if it is to lose them all the same"
                            .formatted(name));
        }
        NodeFence.Outcome first = fence.fence(name);
        if (!first.isComplete()) {
            throw new Failure(
                    UNAVAILABLE,
                    "node \"%s\" isn't fenced everywhere, so it was not tainted: %s. Repeat when they answer; a StorageTarget whose pool is gone for good takes retired: true"
                            .formatted(name, String.join("; ", first.left())));
        }
        var said = new ArrayList<String>();
        said.add(fenced(name, first));
        if (node.isEmpty()) {
            said.add("Kubernetes has no node \"%s\": its pods are gone already".formatted(name));
            return said;
        }
        said.add(
                nodes.retaint(name, NodeEviction::withTaint)
                        ? "node \"%s\" was tainted %s".formatted(name, WHOLE_TAINT)
                        : "node \"%s\" has the taint %s already".formatted(name, WHOLE_TAINT));
        NodeFence.Outcome second = fence.fence(name);
        if (!second.isComplete()) {
            throw new Failure(
                    UNAVAILABLE,
                    "node \"%s\" was fenced and tainted, but got a volume in between: %s. The controller that leads fences it; see kubectl describe lunarianode %s"
                            .formatted(name, String.join("; ", second.left()), name));
        }
        said.add(next(ready));
        said.add("when it has been restarted: lunaria-controller readmit-node " + name);
        return said;
    }

    private static String fenced(String name, NodeFence.Outcome outcome) {
        return outcome.fenced().isEmpty()
                ? "node \"%s\" holds no volume at any target".formatted(name)
                : "node \"%s\" was fenced: it can no longer read or write %d volumes"
                        .formatted(name, outcome.fenced().size());
    }

    private static String next(boolean ready) {
        return ready
                ? "Kubernetes has it as Ready, so its kubelet is asked to end its pods; they start elsewhere when it has, or once the node is NotReady"
                : "Kubernetes has it as not Ready, so it deletes its pods, detaches their volumes and starts them elsewhere, within a minute";
    }

    private static List<Taint> withTaint(List<Taint> taints) {
        boolean there =
                taints.stream()
                        .anyMatch(taint ->
                                taint.getKey().equals(ClusterNodes.TAINT)
                                        && taint.getEffect().equals(EFFECT));
        if (there) {
            return taints;
        }
        var more = new ArrayList<>(taints);
        more.add(
                new TaintBuilder()
                        .withKey(ClusterNodes.TAINT)
                        .withValue(VALUE)
                        .withEffect(EFFECT)
                        .build());
        return more;
    }

    static Failure noSuchNode(String name) {
        return new Failure(
                NOT_FOUND,
                "there is no node \"%s\"; see kubectl get nodes,lunarianodes".formatted(name));
    }
}
