package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Leftovers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All of it, one part after the other, on one installation that is made anew when a row has failed.
 * Used by one thread.
 */
final class Deaths {
    /** An installation that can be made anew. */
    static final class Installing {
        private final Path folder;
        private final Distribution distribution;
        private @Nullable WatchedInstallation current;

        Installing(Path folder, Distribution distribution) {
            this.folder = folder;
            this.distribution = distribution;
        }

        Path folder() {
            return folder;
        }

        Distribution distribution() {
            return distribution;
        }

        /** The one there is, or a new one. */
        WatchedInstallation current() throws IOException, InterruptedException {
            WatchedInstallation there = current;
            if (there == null) {
                var _ = Leftovers.remove(folder);
                there = WatchedInstallation.start(folder, distribution, List.of());
                current = there;
            }
            return there;
        }

        /** Removes the one there is; the next who asks gets a new one. */
        void anew() throws IOException, InterruptedException {
            WatchedInstallation there = current;
            current = null;
            if (there != null) {
                there.remove();
            }
        }
    }

    private final Tally tally;
    private final Installing installing;
    private final long seed;
    private final int points;
    private final String only;

    /**
     * What is to be played.
     *
     * @param points kills in the matrix
     * @param only text in the names of the kills to carry out, or a part's name
     */
    Deaths(Tally tally, Installing installing, long seed, int points, String only) {
        this.tally = tally;
        this.installing = installing;
        this.seed = seed;
        this.points = points;
        this.only = only;
    }

    /** Plays it; at the end nothing is left. */
    void play() throws Exception {
        new Matrix(tally, installing, seed, only).run(points);
        installing.anew();
    }
}
