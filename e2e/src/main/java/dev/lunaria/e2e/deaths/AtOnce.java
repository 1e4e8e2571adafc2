package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Makes two calls at once, and tells what each came to. Used by one thread.
 *
 * @param callers with two threads at least
 */
record AtOnce(ExecutorService callers) {
    /** What who calls at the same time as somebody else has to expect: done, or repeat. */
    static final Set<Code> HASTE = Set.of(Code.OK, Code.ABORTED);

    /** What one of two calls came to; no value: it was refused. */
    record Outcome<T>(Code code, @Nullable T value) {
        /** Sees that the code is one of those, and counts it. */
        void requireOneOf(Set<Code> codes, Map<Code, Integer> counts) {
            check(codes.contains(code), "a call was answered " + code);
            counts.merge(code, 1, Integer::sum);
        }
    }

    <T> List<Outcome<T>> calls(Callable<T> first, Callable<T> second) throws Exception {
        var start = new CyclicBarrier(2);
        Future<Outcome<T>> one = callers.submit(() -> outcome(start, first));
        Future<Outcome<T>> two = callers.submit(() -> outcome(start, second));
        return List.of(one.get(), two.get());
    }

    private static <T> Outcome<T> outcome(CyclicBarrier start, Callable<T> call) throws Exception {
        start.await();
        try {
            return new Outcome<>(Code.OK, call.call());
        } catch (StatusRuntimeException e) {
            return new Outcome<>(e.getStatus().getCode(), null);
        }
    }
}
