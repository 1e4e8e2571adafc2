package dev.lunaria.controller.snapshot;

import static dev.lunaria.controller.volume.Failure.Reason.TIMED_OUT;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.RegisteredTargets;
import dev.lunaria.controller.volume.TargetSnapshots;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.StorageTarget;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The target servers, asked about snapshots. Used by any thread; keeps nothing. Asks as many at
 * once as there are StorageTargets, each within its target's deadline.
 */
public final class Servers {

    private final RegisteredTargets registered;
    private final Targets targets;
    private final Supplier<ExecutorService> askers;

    /**
     * @param askers makes the threads that ask the targets, for one question
     */
    public Servers(
            RegisteredTargets registered, Targets targets, Supplier<ExecutorService> askers) {
        this.registered = registered;
        this.targets = targets;
        this.askers = askers;
    }

    List<StorageTarget> inService() {
        return registered.inService();
    }

    /** Empty where the pool is gone for good. {@code UNAVAILABLE} where none is registered. */
    Optional<StorageTarget> of(UUID pool) {
        return Optional.of(registered.of(pool).spec()).filter(target -> !target.retired());
    }

    TargetSnapshots snapshots(StorageTarget target) {
        return targets.snapshots(target);
    }

    /**
     * Asks every pool that matches. One that can't be asked is passed over: it has its own way of
     * failing, and must not keep what others hold from being used.
     */
    <T> List<T> askAll(Predicate<StorageTarget> which, Function<StorageTarget, List<T>> question) {
        List<StorageTarget> asked = inService().stream().filter(which).toList();
        var answers = new ArrayList<T>();
        try (ExecutorService threads = askers.get()) {
            List<Future<List<T>>> pending =
                    asked.stream()
                            .map(target -> threads.submit(() -> question.apply(target)))
                            .toList();
            for (Future<List<T>> answer : pending) {
                answers.addAll(answerOf(answer));
            }
        }
        return answers;
    }

    /** One StorageTarget of each server: all pools of a server are asked at once. */
    List<StorageTarget> onePerServer(List<StorageTarget> all) {
        var seen = new HashSet<String>();
        return all.stream().filter(target -> seen.add(target.endpoint())).toList();
    }

    private static <T> List<T> answerOf(Future<List<T>> answer) {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Failure failure
                    && (failure.reason() == UNAVAILABLE || failure.reason() == TIMED_OUT)) {
                return List.of();
            }
            throw new Failure(UNAVAILABLE, "asking a pool for its snapshots failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure(UNAVAILABLE, "the controller is stopping; repeat", e);
        }
    }
}
