package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The watch of nodes knows what is kept of them, and hears of changes. */
final class NodeWatchIT {

    private static final long WAIT_SECONDS = 20;

    private final KubeFixture here = new KubeFixture();

    @AfterEach
    void close() {
        here.close();
    }

    private void awaitOutOfService(boolean expected) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!here.watch
                .nodes()
                .getOrDefault(KubeFixture.NODE, new ClusterNodes.Seen(false, !expected, false))
                .equals(new ClusterNodes.Seen(true, expected, false))) {
            assertThat(System.nanoTime()).as("the watch hears in time").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    @Test
    void itKnowsWhatIsThereAndHearsOfTaints() {
        here.addNode(KubeFixture.NODE);
        assertThat(here.watch.nodes())
                .containsEntry(KubeFixture.NODE, new ClusterNodes.Seen(true, false, false));
        here.taint(KubeFixture.NODE);
        awaitOutOfService(true);
        here.removeTaint(KubeFixture.NODE);
        awaitOutOfService(false);
    }
}
