package dev.lunaria.target;

import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.grant.Fence;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleConsumer;

/** A fence that tells how long each drain took, and how many have not ended. Any thread. */
final class MeteredFence implements Fence {
    private final Fence fence;
    private final AtomicInteger draining;
    private final DoubleConsumer seconds;

    /**
     * @param draining counts the drains that have begun and not ended
     * @param seconds is told how long each took
     */
    MeteredFence(Fence fence, AtomicInteger draining, DoubleConsumer seconds) {
        this.fence = fence;
        this.draining = draining;
        this.seconds = seconds;
    }

    @Override
    public CompletableFuture<Void> endSessions(CatalogLun lun, String initiatorName) {
        long begun = System.nanoTime();
        draining.incrementAndGet();
        return fence.endSessions(lun, initiatorName)
                .whenComplete((_, _) -> {
                    draining.decrementAndGet();
                    seconds.accept((System.nanoTime() - begun) / 1e9);
                });
    }

    @Override
    public void removeReservations(CatalogLun lun, String initiatorName)
            throws RefusedException, IOException {
        fence.removeReservations(lun, initiatorName);
    }
}
