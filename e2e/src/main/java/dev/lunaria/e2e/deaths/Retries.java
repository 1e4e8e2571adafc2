package dev.lunaria.e2e.deaths;

import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Repeats what an orchestrator repeats, and waits for what comes about by itself. No state. */
final class Retries {
    private static final int ATTEMPTS = 60;
    private static final Duration PAUSE = Duration.ofMillis(200);

    private Retries() {}

    /** A result, and how many attempts it took. */
    record Counted<T>(T value, int attempts) {}

    /** Makes the call until it succeeds; what no orchestrator repeats is thrown at once. */
    static <T> Counted<T> untilOk(Callable<T> call) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                return new Counted<>(call.call(), attempt);
            } catch (StatusRuntimeException e) {
                if (!isRepeated(e) || attempt == ATTEMPTS) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        }
    }

    private static boolean isRepeated(StatusRuntimeException e) {
        return switch (e.getStatus().getCode()) {
            case UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED -> true;
            default -> false;
        };
    }

    /** Asks until the answer is empty or the time is over; returns the last answer. */
    static String untilEmpty(Duration patience, Callable<String> question) throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            String answer = question.call();
            if (answer.isEmpty() || System.nanoTime() > deadline) {
                return answer;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }
}
