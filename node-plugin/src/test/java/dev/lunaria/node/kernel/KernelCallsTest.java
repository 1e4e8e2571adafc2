package dev.lunaria.node.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.kernel.KernelCalls.Hung;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KernelCallsTest {
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofSeconds(30);

    private final KernelCalls kernel = new KernelCalls();
    private final CountDownLatch letGo = new CountDownLatch(1);

    @AfterEach
    void close() {
        letGo.countDown();
        kernel.close();
    }

    private String hang() throws IOException {
        try {
            letGo.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return "done";
    }

    @Test
    void aCallsResultAndItsErrorsComeBack() throws IOException {
        assertThat(kernel.within(LONG, "asking", () -> 42)).isEqualTo(42);
        assertThatThrownBy(() ->
                        kernel.run(
                                LONG,
                                "asking",
                                () -> {
                                    throw new IOException("EIO");
                                }))
                .isInstanceOf(IOException.class)
                .hasMessage("EIO");
    }

    /** statfs and umount on a target that is away are bounded, else kubelet's threads hang. */
    @Test
    void aCallThatHangsIsLeftToTheKernel() {
        assertThatThrownBy(() -> kernel.within(SHORT, "unmounting /a", this::hang))
                .isInstanceOfSatisfying(
                        Hung.class,
                        hung -> {
                            assertThat(hung).hasMessageContaining("unmounting /a");
                            assertThat(hung.stillHangs()).isTrue();
                            letGo.countDown();
                            while (hung.stillHangs()) {
                                Thread.onSpinWait();
                            }
                        });
    }

    @Test
    void tooManyThatHangAreRefused() {
        for (int i = 0; i < KernelCalls.MAX_THREADS; i++) {
            assertThatThrownBy(() -> kernel.within(Duration.ofMillis(1), "asking", this::hang))
                    .isInstanceOf(Hung.class);
        }
        assertThatThrownBy(() -> kernel.within(LONG, "asking", () -> 1))
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(NodeFailure.Kind.UNAVAILABLE));
    }
}
