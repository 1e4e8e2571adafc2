package dev.lunaria.e2e.installation;

import java.io.IOException;
import java.nio.file.Path;
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
public final class Interruption {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Thread scenario = Thread.currentThread();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Runnable cleanUp;
    private final Duration patience;

    /**
     * One for the scenario of this thread, that removes what is left below a folder.
     *
     * @param program who says so where it can't
     */
    public static Interruption removing(Path folder, String program) {
        return new Interruption(() -> remove(folder, program), PATIENCE);
    }

    /**
     * @param cleanUp removes everything; may be called again, by one thread at a time
     */
    Interruption(Runnable cleanUp, Duration patience) {
        this.cleanUp = cleanUp;
        this.patience = patience;
    }

    /** Has a signal take this way. */
    public void onShutdown() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::signalled));
    }

    /** The scenario is over: it starts nothing any more. */
    public void scenarioIsOver() {
        over.countDown();
    }

    /** A signal has come, or the program ends by itself. */
    void signalled() {
        try {
            if (over.getCount() > 0) {
                scenario.interrupt();
                if (!over.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                    // It waits in the kernel: for programs, which this ends.
                    cleanUp();
                    var _ = over.await(patience.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        cleanUp();
    }

    /** Removes everything. Any thread; one at a time. */
    public synchronized void cleanUp() {
        cleanUp.run();
    }

    private static void remove(Path folder, String program) {
        try {
            var _ = Leftovers.remove(folder);
        } catch (IOException e) {
            System.err.println(
                    "%s: could not clean up %s: %s".formatted(program, folder, e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
