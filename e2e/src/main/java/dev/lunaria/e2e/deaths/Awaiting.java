package dev.lunaria.e2e.deaths;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for what comes about by itself. No state. */
final class Awaiting {
    private static final Duration PAUSE = Duration.ofMillis(200);

    private Awaiting() {}

    /** Asks until the answer is empty or the time is over; returns the last answer. */
    static String empty(Duration patience, Callable<String> question) throws Exception {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            String answer = question.call();
            if (answer.isEmpty() || System.nanoTime() > deadline) {
                return answer;
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }
}
