package dev.lunaria.e2e.deaths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.MachineState;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.e2e.scenario.Tally;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A slice of {@code e2e/scenario deaths}, with another seed each time: as many kills as a volume
 * has calls (trident#418: every step repeatable from any state).
 */
@Tag("long")
class DeathsIT {
    private static final Path FOLDER = Path.of("/var/tmp/lunaria-deaths-it");
    private static final long SEED = Long.getLong("lunaria.seed", System.nanoTime() % 1_000_000);
    private static final int KILLS = Matrix.CALLS;

    private static Tally tally;
    private static Deaths deaths;
    private static Deaths.Installing installing;

    @BeforeAll
    static void install() {
        Requirements.blockDevices();
        System.err.println("DeathsIT: -Dlunaria.seed=" + SEED);
        tally = new Tally(System.err, false);
        installing = new Deaths.Installing(FOLDER, Requirements.programs());
        deaths = new Deaths(tally, installing, SEED, KILLS, Duration.ZERO, Duration.ZERO, "");
    }

    @AfterAll
    static void remove() throws Exception {
        if (installing != null) {
            installing.anew();
            assertThat(MachineState.read(FOLDER).things().values())
                    .noneMatch(things -> things.toString().contains(FOLDER + "/"));
        }
    }

    private static void passes(String part) throws Exception {
        int failures = tally.failures();
        int rows = tally.rows();

        deaths.play(part, "");

        assertThat(tally.failures()).isEqualTo(failures);
        assertThat(tally.rows()).isGreaterThan(rows);
    }

    @Test
    void every_call_succeeds_when_repeated_after_a_program_was_killed_at_a_step_of_it()
            throws Exception {
        passes("matrix");
    }

    @Test
    void a_pod_that_writes_survives_the_death_of_all_but_the_disk_process() throws Exception {
        passes("writers");
    }

    @Test
    void calls_in_the_wrong_order_are_answered_as_CSI_has_it() throws Exception {
        passes("order");
    }

    @Test
    void two_controllers_at_once_do_what_one_would_have_done() throws Exception {
        passes("controllers");
    }
}
