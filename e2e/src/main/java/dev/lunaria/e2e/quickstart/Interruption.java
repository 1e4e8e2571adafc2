package dev.lunaria.e2e.quickstart;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What a signal does: the scenario ends first, and only then is the machine cleaned up. Otherwise
 * the scenario would go on to start programs and to write files where it has just been cleaned.
 *
 * <p>Made and told of the end by the scenario's thread; the shutdown hook is the other one. Waits
 * for the scenario {@link #PATIENCE} twice at most.
 */
final class Interruption {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Thread scenario = Thread.currentThread();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Runnable cleanUp;
    private final Duration patience;

    /**
     * @param cleanUp removes everything; may be called again, and by the scenario at the same time
     */
    Interruption(Runnable cleanUp) {
        this(cleanUp, PATIENCE);
    }

    Interruption(Runnable cleanUp, Duration patience) {
        this.cleanUp = cleanUp;
        this.patience = patience;
    }

    /** Has a signal take this way. */
    void onShutdown() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::signalled));
    }

    /** The scenario is over: it starts nothing any more. */
    void scenarioIsOver() {
        over.countDown();
    }

    /** A signal has come, or the program ends by itself. */
    void signalled() {
        try {
            if (over.getCount() > 0) {
                scenario.interrupt();
                if (!over.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    // It waits in the kernel: for programs, which this ends.
                    cleanUp.run();
                    var _ = over.await(patience.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        cleanUp.run();
    }
}
