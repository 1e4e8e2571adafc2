package dev.lunaria.e2e.lab;

import dev.lunaria.e2e.quickstart.CheckFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A {@link HostWriter} in a host of the lab, from the machine's side: what it has fsynced, and
 * whether each byte of it is there. Used by one thread.
 */
public final class RemoteWriter {
    private static final Duration START = Duration.ofMinutes(3);
    private static final Duration COMMAND = Duration.ofMinutes(3);
    private static final long LOOK_MILLIS = 100;

    private final Lab lab;
    private final String host;
    private final String java;
    private final Path file;
    private final String folder;

    private RemoteWriter(Lab lab, String host, String java, Path file, String folder) {
        this.lab = lab;
        this.host = host;
        this.java = java;
        this.file = file;
        this.folder = folder;
    }

    /**
     * How far it is.
     *
     * @param fsynced records that are safe
     * @param longestMillis the longest that one of them took
     * @param end how it ended: empty while it writes, "null" where it was stopped, or an error
     */
    public record State(long fsynced, long longestMillis, String end) {
        /** Whether a write has failed. */
        public boolean hasFailed() {
            return !end.isEmpty() && !end.equals("null");
        }
    }

    /**
     * Starts one, and waits until it has written.
     *
     * @param programs the e2e module's jar, at a path that hosts have too
     * @param file on the volume; must not be there
     */
    public static RemoteWriter start(Lab lab, String host, Path programs, Path file)
            throws IOException, InterruptedException {
        String java =
                "$JAVA_HOME/bin/java -Xmx48m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp %s %s"
                        .formatted(programs, HostWriter.class.getName());
        String folder = "writer-" + System.nanoTime();
        var writer = new RemoteWriter(lab, host, java, file, folder);
        var _ =
                lab.run(
                                host,
                                COMMAND,
                                "setsid %s write %s /run/shared/%s </dev/null >/var/log/%s.log 2>&1 &"
                                        .formatted(java, file, folder, folder))
                        .orFail();
        writer.awaitMore(1, START);
        return writer;
    }

    /** How far it is now. */
    public State state() throws IOException {
        try {
            String[] parts =
                    Files.readString(lab.shared(host).resolve(folder).resolve("state"))
                            .strip()
                            .split(" ", 3);
            return new State(
                    Long.parseLong(parts[0]),
                    Long.parseLong(parts[1]),
                    parts[2].startsWith("ended:") ? parts[2].substring("ended:".length()) : "");
        } catch (NoSuchFileException e) {
            return new State(0, 0, "");
        }
    }

    /** Waits until that many more records are fsynced than now. */
    public void awaitMore(long records, Duration patience)
            throws IOException, InterruptedException {
        long wanted = state().fsynced() + records;
        long end = System.nanoTime() + patience.toNanos();
        while (state().fsynced() < wanted) {
            if (state().hasFailed()) {
                throw new CheckFailedException("writes fail: " + state().end());
            }
            if (System.nanoTime() > end) {
                throw new CheckFailedException(
                        "%d of %d records were fsynced in %d s; its log: %s"
                                .formatted(
                                        state().fsynced(),
                                        wanted,
                                        patience.toSeconds(),
                                        lab.run(host, COMMAND, "cat /var/log/" + folder + ".log")
                                                .output()));
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
    }

    /** Waits until a write fails; how. */
    public State awaitFailure(Duration patience) throws IOException, InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!state().hasFailed()) {
            if (System.nanoTime() > end) {
                throw new CheckFailedException(
                        "no write failed within %d s".formatted(patience.toSeconds()));
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        return state();
    }

    /** Ends it, and compares each byte that it has fsynced. */
    public State stopAndVerify() throws IOException, InterruptedException {
        Files.writeString(lab.shared(host).resolve(folder).resolve("stop"), "");
        long end = System.nanoTime() + COMMAND.toNanos();
        while (state().end().isEmpty()) {
            if (System.nanoTime() > end) {
                throw new CheckFailedException("the writer doesn't end");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        State last = state();
        if (last.hasFailed()) {
            throw new CheckFailedException("writes fail: " + last.end());
        }
        verify(host, last.fsynced());
        return last;
    }

    /** Compares each byte of so many records, as a host reads them. */
    public void verify(String reader, long records) throws IOException, InterruptedException {
        verify(reader, file, records);
    }

    /** As above, in another place than where it was written. */
    public void verify(String reader, Path where, long records)
            throws IOException, InterruptedException {
        var _ =
                lab.run(
                                reader,
                                COMMAND,
                                "echo 3 >/proc/sys/vm/drop_caches; %s verify %s %d"
                                        .formatted(java, where, records))
                        .orFail();
    }
}
