package dev.lunaria.node.kernel;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Calls that may block in the kernel, each with a deadline. For any thread.
 *
 * <p>They run on at most {@value #MAX_THREADS} platform threads. A call that misses its deadline is
 * left to the kernel, which can't be told to give up; its thread comes back when it does.
 */
public final class KernelCalls implements AutoCloseable {
    /** Calls at a time, with those that hang. */
    public static final int MAX_THREADS = 64;

    private static final Duration IDLE_THREAD = Duration.ofSeconds(10);

    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(
                    0,
                    MAX_THREADS,
                    IDLE_THREAD.toSeconds(),
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    Thread.ofPlatform().daemon().name("kernel-call-", 0).factory());

    /** A call. */
    @FunctionalInterface
    public interface Call<T> {
        /** Does it; may block. */
        T run() throws IOException;
    }

    /** A call without a result. */
    @FunctionalInterface
    public interface Action {
        /** Does it; may block. */
        void run() throws IOException;
    }

    /** What became of a call that missed its deadline; completes when the kernel lets go of it. */
    public static final class Hung extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient Future<?> end;

        Hung(String what, Duration within, Future<?> end) {
            super(
                    "%s did not come back from the kernel within %ds"
                            .formatted(what, within.toSeconds()));
            this.end = end;
        }

        /** Whether it still hangs. */
        public boolean stillHangs() {
            return !end.isDone();
        }
    }

    /**
     * Does a call.
     *
     * @param what names it in messages: "unmounting /a/b"
     * @throws Hung where it misses the deadline
     * @throws NodeFailure UNAVAILABLE where too many calls hang
     * @throws IOException as the call threw it
     */
    public <T> T within(Duration time, String what, Call<T> call) throws IOException {
        var task = new FutureTask<>(call::run);
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            throw new NodeFailure(
                    Kind.UNAVAILABLE,
                    "%s: %d calls hang in the kernel already; repeat later"
                            .formatted(what, MAX_THREADS),
                    e);
        }
        try {
            return task.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new Hung(what, time, task);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Hung(what, time, task);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case LinuxException linux -> throw linux;
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case null, default ->
                        throw new IllegalStateException(what + " failed unexpectedly", e);
            }
        }
    }

    /** As {@link #within(Duration, String, Call)}, for what has no result. */
    public void run(Duration time, String what, Action action) throws IOException {
        Call<Boolean> call =
                () -> {
                    action.run();
                    return true;
                };
        within(time, what, call);
    }

    /** Takes no more calls. Those that hang end with the process. */
    @Override
    public void close() {
        threads.shutdown();
    }
}
