package dev.lunaria.e2e.installation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The order in which a signal ends a scenario and cleans up. */
class InterruptionTest {
    private final List<String> happened = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void clearInterrupt() {
        var _ = Thread.interrupted();
    }

    @Test
    void nothing_is_cleaned_up_before_the_scenario_is_over() throws Exception {
        Interruption interruption =
                new Interruption(() -> happened.add("clean up"), Duration.ofSeconds(30));
        Thread signal = Thread.ofPlatform().start(interruption::signalled);

        // This thread is the scenario: it hears of the signal as an interrupt.
        assertThat(interrupted()).isTrue();
        happened.add("scenario's last write");
        interruption.scenarioIsOver();
        signal.join();

        assertThat(happened).containsExactly("scenario's last write", "clean up");
    }

    @Test
    void a_scenario_that_waits_for_a_program_is_freed_by_cleaning_up_and_cleaned_up_after()
            throws Exception {
        CountDownLatch freed = new CountDownLatch(1);
        Interruption interruption =
                new Interruption(
                        () -> {
                            happened.add("clean up");
                            freed.countDown();
                        },
                        Duration.ofMillis(50));
        Thread signal = Thread.ofPlatform().start(interruption::signalled);

        assertThat(interrupted()).isTrue();
        freed.await(); // as a call into the kernel, which goes on
        happened.add("scenario's last write");
        interruption.scenarioIsOver();
        signal.join();

        assertThat(happened).startsWith("clean up").endsWith("clean up");
        assertThat(happened.indexOf("scenario's last write")).isLessThan(happened.size() - 1);
    }

    @Test
    void after_the_scenario_nobody_is_interrupted() {
        Interruption interruption =
                new Interruption(() -> happened.add("clean up"), Duration.ofSeconds(30));
        interruption.scenarioIsOver();

        interruption.signalled();

        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(happened).containsExactly("clean up");
    }

    private static boolean interrupted() {
        try {
            return new CountDownLatch(1).await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }
}
