package dev.lunaria.e2e.deaths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.deaths.Steps.Step;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Which steps are remembered, and when a blow falls. */
class StepsTest {
    private final Steps steps = new Steps();
    private final AtomicInteger blows = new AtomicInteger();

    @Test
    void steps_of_a_call_are_numbered_by_name_in_their_order() {
        steps.begin();
        steps.passing("a");
        steps.passing("b");
        steps.passing("a");

        assertThat(steps.end())
                .containsExactly(new Step("a", 1), new Step("b", 1), new Step("a", 2));
        assertThat(new Step("a", 2)).hasToString("a (2)");
    }

    @Test
    void a_blow_falls_once_and_before_the_step_goes_on() {
        steps.begin(new Step("a", 2), blows::incrementAndGet);
        steps.passing("a");
        assertThat(blows).hasValue(0);
        steps.passing("a");
        assertThat(blows).hasValue(1);
        steps.passing("a");
        assertThat(blows).hasValue(1);
    }

    @Test
    void no_blow_falls_after_the_call() {
        steps.begin(new Step("a", 1), blows::incrementAndGet);
        var _ = steps.end();
        steps.passing("a");
        steps.begin();
        steps.passing("a");

        assertThat(blows).hasValue(0);
    }

    @Test
    void more_steps_than_the_bound_pass_unseen() {
        steps.begin();
        for (int i = 0; i <= Steps.MAX_STEPS; i++) {
            steps.passing("a");
        }

        assertThat(steps.end()).hasSize(Steps.MAX_STEPS);
    }
}
