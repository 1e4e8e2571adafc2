package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class VolumeLocksTest {
    private final VolumeLocks locks = new VolumeLocks();

    private static void assertFails(Kind kind, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(kind);
                            assertThat(e).hasMessageContaining(message);
                        });
    }

    /** CSI: an operation under way on the same volume is ABORTED. */
    @Test
    void aSecondOperationOnAVolumeIsBusyAndOneOnAnotherIsNot() {
        locks.run(
                "a",
                "staging",
                () -> {
                    assertFails(
                            Kind.BUSY,
                            "staging the volume is under way",
                            () -> locks.run("a", "unstaging", () -> {}));
                    assertThat(locks.<Integer>locked("b", "staging", () -> 1)).isEqualTo(1);
                });
        locks.run("a", "staging", () -> {});
    }

    @Test
    void aFailedOperationFreesTheVolume() {
        assertFails(
                Kind.BROKEN,
                "EIO",
                () ->
                        locks.run(
                                "a",
                                "staging",
                                () -> {
                                    throw new IOException("EIO");
                                }));
        assertThatThrownBy(() ->
                        locks.run(
                                "a",
                                "staging",
                                () -> {
                                    throw new IllegalStateException("x");
                                }))
                .isInstanceOf(IllegalStateException.class);
        locks.run("a", "staging", () -> {});
    }

    @Test
    void anOperationThatHangsInTheKernelKeepsTheVolumeUntilItLetsGo() throws Exception {
        var letGo = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        try (var kernel = new KernelCalls()) {
            assertFails(
                    Kind.TIMED_OUT,
                    "unmounting /a",
                    () ->
                            locks.run(
                                    "a",
                                    "unstaging",
                                    () ->
                                            kernel.run(
                                                    Duration.ofMillis(10),
                                                    "unmounting /a",
                                                    () -> {
                                                        try {
                                                            letGo.await();
                                                        } catch (InterruptedException e) {
                                                            throw new IOException(e);
                                                        } finally {
                                                            gone.countDown();
                                                        }
                                                    })));
            assertFails(Kind.BUSY, "still hangs", () -> locks.run("a", "unstaging", () -> {}));
            letGo.countDown();
            gone.await();
            boolean free = false;
            while (!free) {
                try {
                    locks.run("a", "unstaging", () -> {});
                    free = true;
                } catch (NodeFailure busy) {
                    assertThat(busy.kind()).isEqualTo(Kind.BUSY);
                }
            }
        }
    }
}
