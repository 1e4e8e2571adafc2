package dev.lunaria.service.cli;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a running program, closed in reverse order when SIGTERM or SIGINT comes.
 *
 * <p>Owned by the main thread; {@link #stop} may be called by any. The stop is bounded: what isn't
 * closed within the time given is left to the end of the process.
 *
 * <pre>{@code
 * try (var lifecycle = new Lifecycle(Duration.ofSeconds(20))) {
 *     lifecycle.add("lock", SingleInstance.acquire(folder));
 *     lifecycle.add("server", GrpcServer.on(endpoint)....start());
 *     lifecycle.ready();
 *     return lifecycle.awaitStop();
 * }
 * }</pre>
 */
public final class Lifecycle implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Lifecycle.class);
    private static final Duration EXIT_MARGIN = Duration.ofSeconds(1);

    private final Duration stopWithin;
    private final Deque<Part> parts = new ArrayDeque<>();
    private final CountDownLatch stopRequested = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final long startedNanos = System.nanoTime();
    private final Reloads reloads = new Reloads();
    private volatile int exitCode;

    private record Part(String name, AutoCloseable closer) {}

    /** A program with no parts yet, that stops within the given time. */
    public Lifecycle(Duration stopWithin) {
        this.stopWithin = stopWithin;
    }

    /** Adds a part that is to be closed when the program stops; returns it. */
    public <T extends AutoCloseable> T add(String name, T part) {
        parts.push(new Part(name, part));
        return part;
    }

    /**
     * Has something loaded again at SIGHUP, and when it says that it has changed; from {@link
     * #ready} on.
     */
    public void onReload(String what, Reloadable part) {
        reloads.add(what, part);
    }

    /** Logs that the program serves, and from now on answers signals with a stop in order. */
    public void ready() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::stopBySignal, "stop"));
        add("reloads", reloads).start();
        ProcessHandle process = ProcessHandle.current();
        long sinceExec =
                process.info()
                        .startInstant()
                        .map(start -> System.currentTimeMillis() - start.toEpochMilli())
                        .orElse((System.nanoTime() - startedNanos) / 1_000_000);
        log.atInfo()
                .addKeyValue("pid", process.pid())
                .addKeyValue("startMillis", sinceExec)
                .log("ready");
    }

    /** Waits until a signal or {@link #stop} asks for the end; returns the exit code. */
    public int awaitStop() throws InterruptedException {
        stopRequested.await();
        return exitCode;
    }

    /** Asks for the end of the program from inside. The first caller's exit code counts. */
    public synchronized void stop(int code) {
        if (stopRequested.getCount() > 0) {
            exitCode = code;
            stopRequested.countDown();
        }
    }

    /** Closes all parts in reverse order; failures are logged and don't hinder the others. */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            Part part = parts.pop();
            try {
                part.closer().close();
            } catch (Exception e) {
                log.atWarn()
                        .addKeyValue("part", part.name())
                        .setCause(e)
                        .log("closing failed; going on with the next part");
            }
        }
        closed.countDown();
    }

    /** Ends the process, with the log written. */
    static void exit(int code) {
        System.err.flush();
        System.exit(code);
    }

    /** The shutdown hook: lets the main thread close its parts, then ends with exit code 0. */
    private void stopBySignal() {
        if (stopRequested.getCount() == 0) {
            return; // The main thread is ending by itself.
        }
        log.info("stopping");
        stop(0);
        int code = Program.EXIT_CRASHED;
        try {
            long wait = stopWithin.plus(EXIT_MARGIN).toMillis();
            if (closed.await(wait, TimeUnit.MILLISECONDS)) {
                code = 0;
            } else {
                log.atWarn()
                        .addKeyValue("waitedMillis", wait)
                        .log("not all parts stopped in time; the process ends without them");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.err.flush();
        Runtime.getRuntime().halt(code);
    }
}
