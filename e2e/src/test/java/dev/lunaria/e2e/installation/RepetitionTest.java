package dev.lunaria.e2e.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which failures of a call are final. */
class RepetitionTest {
    private static final Duration PAUSE = Duration.ofMillis(1);

    private final Repetition repetition =
            new Repetition(Set.of(Status.Code.ABORTED), Duration.ofSeconds(30), PAUSE);
    private final AtomicInteger calls = new AtomicInteger();

    private int failing(int times, Status status) {
        if (calls.incrementAndGet() <= times) {
            throw status.asRuntimeException();
        }
        return calls.get();
    }

    @Test
    void a_call_is_made_until_it_succeeds_and_its_attempts_are_counted() throws Exception {
        assertThat(repetition.counted(() -> failing(2, Status.ABORTED)))
                .isEqualTo(new Repetition.Counted<>(3, 3));
    }

    @Test
    void another_code_is_final_at_once() {
        assertThatThrownBy(() -> repetition.untilOk(() -> failing(2, Status.UNAVAILABLE)))
                .isInstanceOf(StatusRuntimeException.class);
        assertThat(calls).hasValue(1);
    }

    @Test
    void after_its_patience_the_last_failure_is_final() {
        var impatient = new Repetition(Set.of(Status.Code.ABORTED), Duration.ZERO, PAUSE);

        assertThatThrownBy(
                        () -> impatient.untilOk(() -> failing(Integer.MAX_VALUE, Status.ABORTED)))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("ABORTED");
        assertThat(calls.get()).isLessThan(100);
    }

    @Test
    void an_interrupt_ends_it() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(
                        () -> repetition.untilOk(() -> failing(Integer.MAX_VALUE, Status.ABORTED)))
                .isInstanceOf(InterruptedException.class);
        assertThat(calls).hasValue(1);
    }
}
