package dev.lunaria.e2e.scenario;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/**
 * Carries out rows, prints what came of each, and counts. Used by one thread. Colour only where the
 * output is a terminal.
 */
public final class Tally {
    private final PrintStream out;
    private final Ansi ansi = Ansi.AUTO.enabled() ? Ansi.ON : Ansi.OFF;
    private int passed;
    private int failed;
    private int skipped;
    private final boolean stopsAtFailure;

    /** A row failed, and everything is to be left as it is. */
    public static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        Stopped() {
            super("stopped at the first failure");
        }
    }

    /** What a row does. */
    public interface Row {
        /** Does it, and says what came of it, if there is anything to say. */
        String run() throws Exception;
    }

    /**
     * Nothing counted yet.
     *
     * @param stopsAtFailure whether a row that fails ends it all, by {@link Stopped}
     */
    public Tally(PrintStream out, boolean stopsAtFailure) {
        this.out = out;
        this.stopsAtFailure = stopsAtFailure;
    }

    /** A line between rows. */
    public void headline(String text) {
        out.println();
        out.println(ansi.string("@|bold " + text + "|@"));
    }

    /** A line of its own. */
    public void line(String text) {
        out.println(text);
    }

    /**
     * Carries out a row; returns whether it passed.
     *
     * @throws InterruptedException where this thread is interrupted meanwhile; the row isn't
     *     counted
     */
    public boolean row(String name, Row row) throws InterruptedException {
        long begin = System.nanoTime();
        String said;
        boolean ok;
        try {
            said = row.run();
            ok = true;
            passed++;
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception | AssertionError e) {
            if (Thread.currentThread().isInterrupted()) {
                // Then it says nothing about the row: calls fail because of it.
                throw new InterruptedException("interrupted in: " + name);
            }
            said = e.getMessage() == null ? e.toString() : e.getMessage();
            ok = false;
            failed++;
        }
        var took = Duration.ofNanos(System.nanoTime() - begin);
        out.println(
                ansi.string(ok ? "  @|green ok|@     " : "  @|bold,red FAILED|@ ")
                        + String.format(Locale.ROOT, "%6.2f s  ", took.toNanos() / 1e9)
                        + name);
        said.lines().forEach(line -> out.println("                   " + line));
        out.flush();
        if (!ok && stopsAtFailure) {
            throw new Stopped();
        }
        return ok;
    }

    /** Counts a row that can't be carried out. */
    public void skip(String name, String why) {
        skipped++;
        out.println("  skipped            " + name + ": " + why);
    }

    /** How many rows there were. */
    public int rows() {
        return passed + failed + skipped;
    }

    /** How many of them failed. */
    public int failures() {
        return failed;
    }

    /** The closing line. */
    public void close() {
        out.printf("%d passed, %d failed, %d skipped%n", passed, failed, skipped);
    }
}
