package dev.lunaria.e2e.quickstart;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;

/**
 * Tells a person what happens: numbered steps, each with its call, what came of it and how long it
 * took.
 *
 * <p>Used by one thread. Colour and progress only where the output is a terminal.
 */
final class Report implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int CALL_WIDTH = 38;

    private final PrintStream out;
    private final Ansi ansi;
    private final boolean terminal;
    private final List<Row> rows = new ArrayList<>();
    private final ScheduledExecutorService progress =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("progress").factory());

    private record Row(int number, String call, String result, Duration took, boolean passed) {}

    /** A step of the scenario. */
    interface Step {
        /** Does it, and says what came of it. */
        String run() throws Exception;
    }

    /** A step that makes something for later steps. */
    interface Making<T> {
        /** Does it. */
        Made<T> run() throws Exception;
    }

    /**
     * What a step made.
     *
     * @param said what came of it, for people
     */
    record Made<T>(T value, String said) {}

    Report() {
        this.out = System.out;
        this.ansi = Ansi.AUTO.enabled() ? Ansi.ON : Ansi.OFF;
        this.terminal = Ansi.AUTO.enabled();
    }

    /** A line between steps. */
    void headline(String text) {
        out.println();
        out.println(ansi.string("@|bold " + text + "|@"));
    }

    /** A line of its own. */
    void line(String text) {
        out.println(text);
    }

    /** Carries out one step; an exception is told, and goes on to the caller. */
    void step(String call, Step step) throws Exception {
        var _ = make(call, () -> new Made<>(call, step.run()));
    }

    /** As {@link #step}, and returns what it made. */
    <T> T make(String call, Making<T> step) throws Exception {
        int number = rows.size() + 1;
        long begin = System.nanoTime();
        AtomicReference<@Nullable ProgressBar> bar = new AtomicReference<>();
        ScheduledFuture<?> later =
                progress.schedule(
                        () -> bar.set(showProgress(number, call)),
                        PATIENCE.toMillis(),
                        TimeUnit.MILLISECONDS);
        Made<T> made;
        try {
            made = step.run();
        } catch (Exception e) {
            end(later, bar);
            tell(new Row(number, call, message(e), since(begin), false));
            throw e;
        }
        end(later, bar);
        tell(new Row(number, call, made.said, since(begin), true));
        return made.value;
    }

    /** A table of all steps, and the verdict. */
    void summary() {
        out.println();
        TextTable table =
                TextTable.forColumns(
                        new ColorScheme.Builder(ansi).build(),
                        new Column(4, 0, Column.Overflow.TRUNCATE),
                        new Column(CALL_WIDTH + 4, 1, Column.Overflow.TRUNCATE),
                        new Column(10, 1, Column.Overflow.TRUNCATE),
                        new Column(10, 1, Column.Overflow.TRUNCATE));
        table.addRowValues("#", "step", "result", "time");
        for (Row row : rows) {
            table.addRowValues(
                    Integer.toString(row.number),
                    row.call,
                    row.passed ? "ok" : "FAILED",
                    seconds(row.took));
        }
        out.print(table);
        long failed = rows.stream().filter(row -> !row.passed).count();
        Duration sum = rows.stream().map(Row::took).reduce(Duration.ZERO, Duration::plus);
        out.println(
                ansi.string(
                        failed == 0
                                ? "@|bold,green All %d steps passed|@ in %s"
                                        .formatted(rows.size(), seconds(sum))
                                : "@|bold,red %d of %d steps failed|@"
                                        .formatted(failed, rows.size())));
    }

    private @Nullable ProgressBar showProgress(int number, String call) {
        if (!terminal) {
            out.printf("%3d  %s goes on ...%n", number, call);
            return null;
        }
        return new ProgressBarBuilder()
                .setTaskName("%3d  %s".formatted(number, call))
                .setInitialMax(-1)
                .setStyle(ProgressBarStyle.ASCII)
                .clearDisplayOnFinish()
                .build();
    }

    private static void end(ScheduledFuture<?> later, AtomicReference<@Nullable ProgressBar> bar) {
        later.cancel(false);
        ProgressBar shown = bar.get();
        if (shown != null) {
            shown.close();
        }
    }

    private void tell(Row row) {
        rows.add(row);
        String mark = row.passed ? "@|green ok|@" : "@|bold,red FAILED|@";
        out.println(
                ansi.string(
                        "%3d  @|bold %s|@%s %s  @|faint %s|@"
                                .formatted(
                                        row.number,
                                        row.call,
                                        " ".repeat(Math.max(1, CALL_WIDTH - row.call.length())),
                                        mark,
                                        seconds(row.took))));
        row.result.lines().forEach(line -> out.println("     " + line));
    }

    private static String message(Exception e) {
        String message = e.getMessage();
        return message == null ? e.toString() : message;
    }

    private static Duration since(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9);
    }

    @Override
    public void close() {
        progress.shutdownNow();
    }
}
