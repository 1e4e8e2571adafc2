package dev.lunaria.target.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Turns of a connection: what comes together is done together, with one flush behind it. */
final class TurnExecutorTest {
    private final DefaultEventLoop loop = new DefaultEventLoop();
    private final AtomicInteger flushes = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final TurnExecutor turns =
            new TurnExecutor(loop, flushes::incrementAndGet, failure::set);

    @AfterEach
    void stop() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private void settle() {
        assertThat(loop.submit(() -> {}).awaitUninterruptibly(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void completionsOfABusyLoopAreOneTurnInTheirOrder() {
        CountDownLatch busy = new CountDownLatch(1);
        loop.execute(() -> {
            try {
                busy.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            int number = i;
            turns.execute(() -> order.add(number));
        }
        busy.countDown();
        settle();
        assertThat(order).hasSize(100).isSorted();
        assertThat(flushes).hasValue(1);
    }

    @Test
    void withinATurnWorkRunsAtOnce() {
        List<String> order = new ArrayList<>();
        loop.execute(() ->
                turns.turn(() -> {
                    order.add("begin");
                    turns.execute(() -> order.add("nested"));
                    order.add("end");
                }));
        settle();
        assertThat(order).containsExactly("begin", "nested", "end");
        assertThat(flushes).hasValue(1);
    }

    @Test
    void whatIsQueuedBehindAFailureStillRuns() {
        AtomicInteger ran = new AtomicInteger();
        loop.execute(() ->
                turns.turn(() -> {
                    turns.execute(() -> {
                        throw new IllegalStateException("within the turn");
                    });
                    ran.incrementAndGet();
                }));
        settle();
        assertThat(failure.get()).hasMessage("within the turn");
        CountDownLatch busy = new CountDownLatch(1);
        loop.execute(() -> {
            try {
                busy.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        turns.execute(() -> {
            throw new AssertionError("in the queue");
        });
        turns.execute(ran::incrementAndGet);
        busy.countDown();
        settle();
        assertThat(failure.get()).hasMessage("in the queue");
        assertThat(ran).hasValue(2);
    }

    @Test
    void aTurnThatFailsIsReportedAndTheNextOneRuns() {
        turns.execute(() -> {
            throw new IllegalStateException("broken");
        });
        settle();
        assertThat(failure.get()).hasMessage("broken");
        turns.execute(() -> failure.set(null));
        settle();
        assertThat(failure).hasValue(null);
    }
}
