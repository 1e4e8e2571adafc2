package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.PoolWatch.Level;
import org.junit.jupiter.api.Test;

/** A pool warns long before it is full. */
class PoolWatchTest {

    private static final long GIB = 1L << 30;

    @Test
    void below_the_part_that_is_set_free_space_is_low_and_at_the_reserve_the_pool_is_full() {
        assertThat(Level.of(50 * GIB, 100 * GIB, 10)).isEqualTo(Level.ENOUGH);
        assertThat(Level.of(10 * GIB, 100 * GIB, 10)).isEqualTo(Level.ENOUGH);
        assertThat(Level.of(9 * GIB, 100 * GIB, 10)).isEqualTo(Level.LOW);
        assertThat(Level.of(1, 100 * GIB, 10)).isEqualTo(Level.LOW);
        assertThat(Level.of(0, 100 * GIB, 10)).isEqualTo(Level.FULL);
        assertThat(Level.of(29 * GIB, 100 * GIB, 30)).isEqualTo(Level.LOW);
        assertThat(Level.of(30 * GIB, 100 * GIB, 30)).isEqualTo(Level.ENOUGH);
        assertThat(Level.of(1, 100 * GIB, 0)).isEqualTo(Level.ENOUGH);
        assertThat(Level.of(0, 100 * GIB, 0)).isEqualTo(Level.FULL);
    }
}
