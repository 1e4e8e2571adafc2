package dev.lunaria.e2e.installation;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Whether a call that failed is made again, how long and after what pause. Immutable.
 *
 * @param codes after which it is made again; any other is final
 * @param patience since the first attempt; what fails later is final as well
 * @param pause between two attempts
 */
public record Repetition(Set<Status.Code> codes, Duration patience, Duration pause) {

    /**
     * After codes that say nothing about whether the call has done its work: what the sidecars of
     * Kubernetes repeat, and kubelet. Longer than a call's deadline and a program's start.
     */
    public static final Repetition OF_AN_ORCHESTRATOR =
            new Repetition(
                    Set.of(
                            Status.Code.UNAVAILABLE,
                            Status.Code.ABORTED,
                            Status.Code.DEADLINE_EXCEEDED),
                    Duration.ofMinutes(2),
                    Duration.ofMillis(200));

    /** While the same is under way already, as a copy may be. */
    public static final Repetition WHILE_UNDER_WAY =
            new Repetition(
                    Set.of(Status.Code.ABORTED), Duration.ofMinutes(1), Duration.ofMillis(100));

    public Repetition {
        codes = Set.copyOf(codes);
    }

    /** A call. */
    @FunctionalInterface
    public interface Call<T, E extends Exception> {
        /** Makes it. */
        T make() throws E;
    }

    /** A result, and how many attempts it took. */
    public record Counted<T>(T value, int attempts) {}

    /**
     * Makes a call until it succeeds.
     *
     * @throws StatusRuntimeException its last failure, where that is final
     * @throws InterruptedException where this thread is interrupted between two attempts
     */
    public <T, E extends Exception> T untilOk(Call<T, E> call) throws E, InterruptedException {
        return counted(call).value();
    }

    /** As {@link #untilOk}. */
    public <T, E extends Exception> Counted<T> counted(Call<T, E> call)
            throws E, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        for (int attempt = 1; ; attempt++) {
            try {
                return new Counted<>(call.make(), attempt);
            } catch (StatusRuntimeException e) {
                if (!codes.contains(e.getStatus().getCode()) || System.nanoTime() > deadline) {
                    throw e;
                }
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
            }
        }
    }
}
