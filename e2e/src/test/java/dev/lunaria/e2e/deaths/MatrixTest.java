package dev.lunaria.e2e.deaths;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which program is killed in which call, on which filesystem. */
class MatrixTest {
    private static final int LIVES = Victim.values().length;

    @Test
    void the_default_kills_each_program_once_in_each_call() {
        Set<String> struck = new HashSet<>();
        for (int life = 0; life < LIVES; life++) {
            for (int call = 0; call < Matrix.CALLS; call++) {
                struck.add(Matrix.victim(life, call) + " in " + call);
            }
        }
        assertThat(struck).hasSize(DeathsCommand.POINTS);
    }

    @Test
    void twice_as_many_kill_each_on_both_filesystems() {
        Set<String> struck = new HashSet<>();
        for (int life = 0; life < 2 * LIVES; life++) {
            for (int call = 0; call < Matrix.CALLS; call++) {
                struck.add(
                        "%s in %d on %s"
                                .formatted(
                                        Matrix.victim(life, call), call, Matrix.filesystem(life)));
            }
        }
        assertThat(struck).hasSize(2 * DeathsCommand.POINTS);
    }

    /** Without CAP_SYS_RESOURCE a mounted ext4 doesn't grow, so that half of the lives skip it. */
    @Test
    void the_default_kills_each_program_in_NodeExpandVolume_of_XFS_alone() {
        List<String> calls =
                Life.ACTS.stream()
                        .filter(Life.Act.Call.class::isInstance)
                        .map(Life.Act::name)
                        .toList();
        Set<Victim> struck = EnumSet.noneOf(Victim.class);
        for (int life = 0; life < LIVES; life++) {
            for (int call = 0; call < Matrix.CALLS; call++) {
                if (Matrix.filesystem(life) == LifeFilesystem.XFS
                        && calls.get(call).equals("NodeExpandVolume")) {
                    struck.add(Matrix.victim(life, call));
                }
            }
        }
        assertThat(struck).containsExactlyInAnyOrder(Victim.values());
    }

    /** Where one life is all there is, it can make every call. */
    @Test
    void the_first_life_is_on_the_filesystem_that_grows_everywhere() {
        assertThat(Matrix.filesystem(0)).isEqualTo(LifeFilesystem.XFS);
    }
}
