package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.registry.RegistryException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that is done in rounds, each loop on a thread of its own. Started and closed by any thread.
 * A round that fails is logged, once for each kind of failure in a row, and tried again in the
 * next.
 */
final class Loops implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Loops.class);

    /** One round of a loop. */
    interface Round {
        void run() throws InterruptedException;
    }

    /**
     * A loop.
     *
     * @param pause between two rounds
     */
    record Loop(String name, Duration pause, Round round) {}

    private final ScheduledExecutorService threads;
    private final List<Runnable> after;

    private Loops(ScheduledExecutorService threads, List<Runnable> after) {
        this.threads = threads;
        this.after = after;
    }

    /**
     * Starts them all.
     *
     * @param after what is to be done when they are closed
     */
    static Loops start(List<Loop> loops, List<Runnable> after) {
        ScheduledExecutorService threads =
                Executors.newScheduledThreadPool(
                        loops.size(),
                        Thread.ofPlatform().daemon().name("kubernetes-", 0).factory());
        for (Loop loop : loops) {
            var _ =
                    threads.scheduleWithFixedDelay(
                            new Guarded(loop), 0, loop.pause().toMillis(), TimeUnit.MILLISECONDS);
        }
        return new Loops(threads, after);
    }

    /** Owned by the loop's thread. */
    private static final class Guarded implements Runnable {
        private final Loop loop;
        private String trouble = "";

        Guarded(Loop loop) {
            this.loop = loop;
        }

        @Override
        public void run() {
            try {
                loop.round().run();
                trouble = "";
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Failure | RegistryException e) {
                failed(String.valueOf(e.getMessage()));
            } catch (KubernetesClientException e) {
                failed(KubeErrors.explain("read", "the cluster's objects", e));
            } catch (RuntimeException e) {
                log.atError()
                        .addKeyValue("loop", loop.name())
                        .setCause(e)
                        .log("unexpected error; the next round goes on");
            }
        }

        private void failed(String why) {
            if (!why.equals(trouble)) {
                log.atWarn()
                        .addKeyValue("loop", loop.name())
                        .addKeyValue("error", why)
                        .log("A round of background work failed; the next one tries again");
            }
            trouble = why;
        }
    }

    /** Interrupts what is under way; doesn't wait for it. */
    @Override
    public void close() {
        threads.shutdownNow();
        after.forEach(Runnable::run);
    }
}
