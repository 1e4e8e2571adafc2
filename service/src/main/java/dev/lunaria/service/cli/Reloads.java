package dev.lunaria.service.cli;

import dev.lunaria.linux.Processes;
import dev.lunaria.linux.Signals;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a running program loads again: all of it at SIGHUP, and what has changed by itself every
 * {@link #LOOK}. Owned by the {@link Lifecycle}; works on one thread of its own, one thing at a
 * time.
 */
final class Reloads implements AutoCloseable {
    /** How soon a changed file is noticed. */
    static final Duration LOOK = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(Reloads.class);

    private final Map<String, Reloadable> parts = new ConcurrentSkipListMap<>();
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("reload").factory());

    void add(String what, Reloadable part) {
        parts.put(what, part);
    }

    /** From now on signals and changes are answered. */
    void start() {
        Signals.onHangup(this::all);
        if (!Signals.hears(Processes.SIGHUP)) {
            log.info(
                    "started with SIGHUP ignored (nohup): only changed TLS files are loaded again");
        }
        thread.scheduleWithFixedDelay(
                this::changed, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void all() {
        try {
            thread.execute(() -> parts.forEach(Reloads::reload));
        } catch (RejectedExecutionException e) {
            log.debug("SIGHUP while stopping", e);
        }
    }

    private void changed() {
        parts.forEach((what, part) -> {
            try {
                if (part.hasChanged()) {
                    reload(what, part);
                }
            } catch (RuntimeException e) {
                log.atError().addKeyValue("what", what).setCause(e).log("unexpected error");
            }
        });
    }

    private static void reload(String what, Reloadable part) {
        try {
            part.reload();
            log.atInfo().addKeyValue("what", what).log("loaded again");
        } catch (StartupException e) {
            log.atWarn()
                    .addKeyValue("what", what)
                    .addKeyValue("reason", e.getMessage())
                    .log("can't be loaded again; what was loaded before stays in force");
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("what", what)
                    .setCause(e)
                    .log("unexpected error; what was loaded before stays in force");
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
