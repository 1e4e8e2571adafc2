package dev.lunaria.e2e.deaths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.MachineState;
import dev.lunaria.e2e.installation.Requirements;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * A slice of {@code e2e/scenario deaths}, with another seed each time: as many kills as a volume
 * has calls (trident#418: every step repeatable from any state).
 */
class DeathsIT {
    private static final Path FOLDER = Path.of("/var/tmp/lunaria-deaths-it");
    private static final long SEED = Long.getLong("lunaria.seed", System.nanoTime() % 1_000_000);

    private static void passes(String part, int points) throws Exception {
        Requirements.blockDevices();
        Distribution distribution = Requirements.programs();
        System.err.println("DeathsIT: -Dlunaria.seed=" + SEED);
        MachineState before = MachineState.read(FOLDER);
        var tally = new Tally(System.err, false);
        var installing = new Deaths.Installing(FOLDER, distribution);

        new Deaths(tally, installing, SEED, points, Duration.ZERO, part).play();

        assertThat(tally.failures()).isZero();
        assertThat(tally.rows()).isPositive();
        assertThat(MachineState.read(FOLDER).addedSince(before))
                .noneMatch(thing -> thing.contains(FOLDER.toString()));
    }

    @Test
    void every_call_succeeds_when_repeated_after_a_program_was_killed_at_a_step_of_it()
            throws Exception {
        passes("matrix", 8);
    }

    @Test
    void calls_in_the_wrong_order_are_answered_as_CSI_has_it() throws Exception {
        passes("order", 0);
    }

    @Test
    void two_controllers_at_once_do_what_one_would_have_done() throws Exception {
        passes("controllers", 0);
    }
}
