package dev.lunaria.node;

import dev.lunaria.node.failure.NodeFailure;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts in order what an earlier run of the plugin left: once after the start, repeated until the
 * disk process answers. One platform thread of its own, as the work blocks in the kernel.
 */
final class Reconciliation implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reconciliation.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final Thread thread;

    private Reconciliation(Thread thread) {
        this.thread = thread;
    }

    /** Begins. */
    static Reconciliation start(Runnable work) {
        return new Reconciliation(
                Thread.ofPlatform().daemon().name("reconciliation").start(() -> repeat(work)));
    }

    private static void repeat(Runnable work) {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                work.run();
                return;
            } catch (NodeFailure e) {
                log.debug("the disks can't be listed yet; trying on", e);
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
