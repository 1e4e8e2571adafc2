package dev.lunaria.node.disk.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Calls for one volume follow each other; calls for another don't wait for them. */
class VolumeLocksTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final VolumeLocks locks = new VolumeLocks();

    @Test
    void oneVolumeIsWorkedOnByOneCall() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        CompletableFuture<String> first =
                CompletableFuture.supplyAsync(() ->
                        locks.alone(
                                "a",
                                LONG,
                                () -> {
                                    inside.countDown();
                                    return awaited(leave);
                                }));
        assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
        assertThatExceptionOfType(DiskFailure.class)
                .isThrownBy(() -> locks.alone("a", Duration.ofMillis(1), () -> "never"))
                .matches(e -> e.kind() == DiskFailure.Kind.TOO_LONG);
        assertThat(locks.<String>alone("b", LONG, () -> "at once")).isEqualTo("at once");
        leave.countDown();
        assertThat(first.get(30, TimeUnit.SECONDS)).isEqualTo("left");
        assertThat(locks.<String>alone("a", LONG, () -> "again")).isEqualTo("again");
    }

    private static String awaited(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS) ? "left" : "stuck";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }
}
