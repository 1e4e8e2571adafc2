package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.PoolWatch.Level;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.PoolIdentity;
import dev.lunaria.target.catalog.Pools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    /** With a reserve as large as the filesystem nothing is free from the beginning. */
    @Test
    void units_hear_once_that_their_pool_has_become_low(@TempDir Path folder) throws Exception {
        FolderFiles files = new FolderFiles(folder);
        Catalog.initialise(
                files, new PoolIdentity("7d5f1d52-5a5f-4a5c-9d0a-1c6b7c7d8e9f", "cluster"));
        Catalog catalog = Catalog.open(files);
        List<Pool> heard = new ArrayList<>();
        Pool full = new Pool(folder, catalog, Long.MAX_VALUE);
        PoolWatch watch = new PoolWatch(new Pools(List.of(full)), 10, heard::add);
        watch.look();
        watch.look();
        assertThat(heard).containsExactly(full);
        Pool empty = new Pool(folder, catalog, 0);
        PoolWatch other = new PoolWatch(new Pools(List.of(empty)), 10, heard::add);
        other.look();
        boolean low = Level.of(empty.freeBytes(), empty.totalBytes(), 10) != Level.ENOUGH;
        assertThat(heard).hasSize(low ? 2 : 1);
    }
}
