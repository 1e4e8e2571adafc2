package dev.lunaria.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import sun.misc.Signal;

/**
 * What this process does at a signal, where the JVM leaves that to it. Set once, by the main
 * thread; what is set runs on a thread of the JVM's own for each signal.
 */
public final class Signals {

    private static final String IGNORED = "SigIgn:"; // proc(5)

    private Signals() {}

    /**
     * Whether a signal reaches this process. One that was started by nohup(1) ignores SIGHUP, one
     * in the background of a script SIGINT, and the JVM leaves it so.
     *
     * @param signal a SIG number of {@link Processes}
     */
    public static boolean hears(int signal) {
        try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
            return status.filter(line -> line.startsWith(IGNORED))
                    .map(line ->
                            Long.parseUnsignedLong(line.substring(IGNORED.length()).strip(), 16))
                    .noneMatch(ignored -> (ignored & 1L << (signal - 1)) != 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs this at each SIGHUP, in place of the JVM's own answer, which is to end. */
    public static void onHangup(Runnable action) {
        Signal.handle(new Signal("HUP"), _ -> action.run());
    }
}
