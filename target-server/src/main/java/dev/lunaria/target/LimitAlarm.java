package dev.lunaria.target;

import dev.lunaria.target.store.RateLimitedStore;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Wakes stores whose limits held operations back. Any thread; one thread of its own, {@code
 * limits}, which only hands operations on. Bounded: one alarm for each limited unit that is open.
 */
final class LimitAlarm implements RateLimitedStore.Alarm, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LimitAlarm.class);

    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().name("limits").daemon(true).factory());

    @Override
    public void in(long nanos, Runnable what) {
        try {
            var _ =
                    timer.schedule(
                            () -> {
                                try {
                                    what.run();
                                } catch (RuntimeException e) {
                                    LOG.error("letting operations go failed; the next do", e);
                                }
                            },
                            nanos,
                            TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the server is stopping; what waits is let go as its store closes");
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
