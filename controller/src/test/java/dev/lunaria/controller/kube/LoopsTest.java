package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.volume.Failure;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A loop goes on, whatever a round fails with, until it is closed. */
final class LoopsTest {

    private static final long WAIT_SECONDS = 20;

    @Test
    void aRoundThatFailsIsFollowedByTheNext() throws Exception {
        var expected = new CountDownLatch(3);
        var unexpected = new CountDownLatch(3);
        try (var _ =
                Loops.start(
                        List.of(
                                new Loops.Loop(
                                        "expected",
                                        Duration.ofMillis(1),
                                        () -> {
                                            expected.countDown();
                                            throw new Failure(
                                                    Failure.Reason.UNAVAILABLE, "no answer");
                                        }),
                                new Loops.Loop(
                                        "unexpected",
                                        Duration.ofMillis(1),
                                        () -> {
                                            unexpected.countDown();
                                            throw new IllegalStateException("a bug");
                                        })),
                        List.of())) {
            assertThat(expected.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(unexpected.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void closingInterruptsTheRoundUnderWayAndThenCleansUp() throws Exception {
        var begun = new CountDownLatch(1);
        var interrupted = new CountDownLatch(1);
        var cleaned = new CountDownLatch(1);
        var loops =
                Loops.start(
                        List.of(
                                new Loops.Loop(
                                        "waiting",
                                        Duration.ofMillis(1),
                                        () -> {
                                            begun.countDown();
                                            try {
                                                new CountDownLatch(1).await();
                                            } finally {
                                                interrupted.countDown();
                                            }
                                        })),
                        List.of(cleaned::countDown));
        assertThat(begun.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        loops.close();

        assertThat(interrupted.await(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(cleaned.getCount()).isZero();
    }
}
