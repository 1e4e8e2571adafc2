package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Lun;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.PoolSpace;
import dev.lunaria.controller.volume.TargetPool;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What all registered pools answered, all asked at once. Immutable. Holds one record for each LUN
 * of the cluster.
 */
record Survey(List<Pool> pools) {

    /** LUNs asked for at a time. */
    private static final int PAGE = 1_000;

    /** A registered pool and what it answered. */
    record Pool(Document<StorageTarget> target, Answer answer) {

        /** Its LUNs; empty where it didn't answer. */
        List<Lun> luns() {
            return switch (answer) {
                case Answer.Reached reached -> reached.luns();
                case Answer.Unreached _, Answer.Retired _ -> List.of();
            };
        }

        UUID id() {
            return target.spec().pool();
        }
    }

    /** What came of asking. */
    sealed interface Answer {
        /**
         * It answered.
         *
         * @param luns those of this cluster
         * @param sessions how many nodes have on them, by their names
         */
        record Reached(PoolSpace space, List<Lun> luns, Map<String, Integer> sessions)
                implements Answer {}

        /** It didn't. */
        record Unreached(Failure failure) implements Answer {}

        /** It wasn't asked: it is gone for good. */
        record Retired() implements Answer {}
    }

    Survey {
        pools = List.copyOf(pools);
    }

    /** Asks all pools; each is given the time that its calls have. */
    static Survey take(Registry registry, Targets targets, String clusterId)
            throws InterruptedException {
        List<Document<StorageTarget>> registered = registry.list(Kind.STORAGE_TARGET);
        Map<UUID, Integer> named = new HashMap<>();
        registered.forEach(target -> named.merge(target.spec().pool(), 1, Integer::sum));
        var answers = new ArrayList<Future<Pool>>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Document<StorageTarget> target : registered) {
                boolean alone = named.getOrDefault(target.spec().pool(), 0) == 1;
                answers.add(
                        threads.submit(
                                (Callable<Pool>)
                                        () ->
                                                new Pool(
                                                        target,
                                                        ask(target, targets, clusterId, alone))));
            }
            var pools = new ArrayList<Pool>();
            for (Future<Pool> answer : answers) {
                pools.add(answer.get());
            }
            return new Survey(pools);
        } catch (ExecutionException e) {
            throw new IllegalStateException("asking a pool failed unexpectedly", e.getCause());
        }
    }

    private static Answer ask(
            Document<StorageTarget> target, Targets targets, String clusterId, boolean alone) {
        if (target.spec().retired()) {
            return new Answer.Retired();
        }
        if (!alone) {
            return new Answer.Unreached(
                    new Failure(
                            Failure.Reason.INVALID,
                            "another StorageTarget names the same pool; delete the one that is wrong"));
        }
        try {
            TargetPool pool = targets.open(target.spec());
            PoolSpace space = pool.space();
            return new Answer.Reached(space, luns(pool, clusterId), pool.sessions());
        } catch (Failure failure) {
            return new Answer.Unreached(failure);
        }
    }

    private static List<Lun> luns(TargetPool pool, String clusterId) {
        var luns = new ArrayList<Lun>();
        String token = "";
        do {
            Page<Lun> page = pool.list(PAGE, token);
            page.entries().stream()
                    .filter(lun -> lun.clusterId().equals(clusterId))
                    .forEach(luns::add);
            token = page.nextToken();
        } while (!token.isEmpty());
        return List.copyOf(luns);
    }

    /** How many sessions a node has at all pools that answered. */
    int sessions(String node) {
        return pools.stream()
                .map(Pool::answer)
                .mapToInt(answer ->
                        switch (answer) {
                            case Answer.Reached reached -> reached.sessions().getOrDefault(node, 0);
                            case Answer.Unreached _, Answer.Retired _ -> 0;
                        })
                .sum();
    }

    /** The pool of that id; empty where none is registered. */
    Optional<Pool> pool(UUID id) {
        return pools.stream().filter(pool -> pool.id().equals(id)).findFirst();
    }

    /** Whether every pool that isn't gone for good answered. */
    boolean isComplete() {
        return pools.stream().noneMatch(pool -> pool.answer() instanceof Answer.Unreached);
    }
}
