package dev.lunaria.controller.volume;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes all its volumes away from a node, at every target at once. Used by any thread; keeps
 * nothing. One thread a pool: a stuck store of one doesn't keep the others from fencing.
 */
public final class NodeFence {

    private static final Logger log = LoggerFactory.getLogger(NodeFence.class);

    private final Registry registry;
    private final Targets targets;
    private final String clusterId;

    public NodeFence(Registry registry, Targets targets, String clusterId) {
        this.registry = registry;
        this.targets = targets;
        this.clusterId = clusterId;
    }

    /**
     * What came of it. Immutable.
     *
     * @param fenced volumes that the node held and can no longer read or write
     * @param left what isn't fenced yet, and why, a sentence each; none: the node holds nothing
     */
    public record Outcome(List<VolumeId> fenced, List<String> left) {

        public Outcome {
            fenced = List.copyOf(fenced);
            left = List.copyOf(left);
        }

        /** Whether the node can reach nothing any more. */
        public boolean isComplete() {
            return left.isEmpty();
        }
    }

    /**
     * Fences a node at all targets that aren't gone for good; each is given the time that its calls
     * have. May be repeated. {@link dev.lunaria.registry.RegistryException}.
     */
    public Outcome fence(String node) throws InterruptedException {
        List<Document<StorageTarget>> asked =
                registry.list(Kind.STORAGE_TARGET).stream()
                        .filter(target -> !target.spec().retired())
                        .toList();
        var fenced = new ArrayList<VolumeId>();
        var left = new ArrayList<String>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Outcome>> outcomes =
                    asked.stream()
                            .map(target -> threads.submit(() -> fence(node, target)))
                            .toList();
            for (Future<Outcome> outcome : outcomes) {
                fenced.addAll(outcome.get().fenced());
                left.addAll(outcome.get().left());
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("fencing at a target failed unexpectedly", e);
        }
        return new Outcome(fenced, left);
    }

    private Outcome fence(String node, Document<StorageTarget> target) {
        var fenced = new ArrayList<VolumeId>();
        var left = new ArrayList<String>();
        try {
            TargetPool pool = targets.open(target.spec());
            for (Lun lun : held(pool, node)) {
                fence(node, pool, new VolumeId(target.spec().pool(), lun.id()), fenced, left);
            }
        } catch (Failure failure) {
            left.add("StorageTarget \"%s\": %s".formatted(target.name(), failure.getMessage()));
        }
        return new Outcome(fenced, left);
    }

    private static void fence(
            String node,
            TargetPool pool,
            VolumeId volume,
            List<VolumeId> fenced,
            List<String> left) {
        try {
            pool.fence(volume.lun(), node);
            fenced.add(volume);
            log.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("volume", volume)
                    .log("The node was fenced: it can no longer read or write this volume");
        } catch (Failure failure) {
            left.add("volume %s: %s".formatted(volume, failure.getMessage()));
        }
    }

    /** All of them first: the pages of a list that gets shorter would miss some. */
    private List<Lun> held(TargetPool pool, String node) {
        var held = new ArrayList<Lun>();
        String token = "";
        do {
            Page<Lun> page = pool.listGrantedTo(node, token);
            page.entries().stream()
                    // Another cluster may have a node of this name.
                    .filter(lun -> lun.clusterId().equals(clusterId))
                    // A server that doesn't know the filter lists them all.
                    .filter(lun -> lun.grantOf(node).filter(Grant::holds).isPresent())
                    .forEach(held::add);
            token = page.nextToken();
        } while (!token.isEmpty());
        return held;
    }
}
