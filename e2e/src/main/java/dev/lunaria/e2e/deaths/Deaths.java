package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.Leftovers;
import dev.lunaria.e2e.scenario.Tally;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All of it, one part after the other, on one installation that is made anew when a row has failed.
 * Used by one thread.
 */
final class Deaths {
    /** What is done to a machine before an installation is made on it. */
    interface Preparation {
        void prepare(Layout layout) throws IOException, InterruptedException;
    }

    /** An installation that can be made anew. */
    static final class Installing {
        private final Path folder;
        private final Distribution distribution;
        private @Nullable WatchedInstallation current;

        Installing(Path folder, Distribution distribution) {
            this.folder = folder;
            this.distribution = distribution;
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

        /** Removes the one there is, and starts another, on a machine that was prepared for it. */
        WatchedInstallation other(Preparation preparation, List<String> targetArguments)
                throws IOException, InterruptedException {
            anew();
            var _ = Leftovers.remove(folder);
            preparation.prepare(new Layout(folder));
            WatchedInstallation other =
                    WatchedInstallation.start(folder, distribution, targetArguments);
            current = other;
            return other;
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
    private final long deadline;
    private final Duration soak;
    private final String only;

    /** One part of it. */
    private interface Part {
        void play() throws Exception;
    }

    /**
     * What is to be played.
     *
     * @param points kills in the matrix
     * @param time after which the matrix begins no further life
     * @param soak how long the soak takes
     * @param only a part's name, or text in the names of the matrix's kills; empty: everything
     */
    Deaths(
            Tally tally,
            Installing installing,
            long seed,
            int points,
            Duration time,
            Duration soak,
            String only) {
        this.tally = tally;
        this.installing = installing;
        this.seed = seed;
        this.points = points;
        this.deadline = System.nanoTime() + time.toNanos();
        this.soak = soak;
        this.only = only;
    }

    /** The names of its parts, in their order: the last one takes what time is left. */
    static List<String> parts() {
        return List.of(
                "order", "ten-times", "controllers", "writers", "soak", "full-pool", "matrix");
    }

    /** Plays it; at the end nothing is left. */
    void play() throws Exception {
        boolean isPart = parts().contains(only);
        for (String part : parts()) {
            boolean wanted = isPart ? part.equals(only) : only.isEmpty() || part.equals("matrix");
            if (wanted) {
                play(part, isPart ? "" : only);
            }
        }
        installing.anew();
    }

    /**
     * Plays one part; the installation stays, unless something failed.
     *
     * @param text in the names of the matrix's kills that are carried out; empty: all
     */
    void play(String part, String text) throws Exception {
        int failures = tally.failures();
        part(part, text).play();
        if (tally.failures() > failures) {
            installing.anew();
        }
    }

    private Part part(String name, String text) {
        return switch (name) {
            case "order" ->
                    () -> {
                        new WrongOrder(tally, installing.current()).run();
                        new WrongOrderOfCopies(tally, installing.current()).run();
                    };
            case "ten-times" -> () -> new TenTimes(tally, installing.current(), seed).run();
            case "controllers" -> () -> new TwoControllers(tally, installing.current()).run();
            case "writers" -> () -> new UnderAWriter(tally, installing.current()).run();
            case "matrix" -> () -> new Matrix(tally, installing, seed, text).run(points, deadline);
            case "soak" -> () -> new Soak(tally, installing.current(), seed, soak).run();
            case "full-pool" -> () -> new FullPool(tally, installing).run();
            default -> throw new IllegalArgumentException("no part is called " + name);
        };
    }
}
