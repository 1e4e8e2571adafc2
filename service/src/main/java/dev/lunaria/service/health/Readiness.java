package dev.lunaria.service.health;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a program can serve: it has started, and nothing that it must have is missing. Told at
 * {@code /readyz} and by CSI's Probe, the same in both.
 *
 * <p>The main thread says what is required; any thread asks. A check answers at once: what may hang
 * (a disk) is looked at by a thread of its own, whose last finding the check tells.
 */
public final class Readiness {
    private static final Logger log = LoggerFactory.getLogger(Readiness.class);

    private final Map<String, Check> checks = new ConcurrentSkipListMap<>();
    private volatile boolean started;

    /** Something that must be so. */
    @FunctionalInterface
    public interface Check {
        /** Null where it is so; otherwise why it isn't, one line. */
        @Nullable String problem();
    }

    /** Adds something that must be so for the program to be ready. */
    public void require(String what, Check check) {
        checks.put(what, check);
    }

    /** The program has put its parts together. */
    public void started() {
        started = true;
    }

    /** Whether nothing is missing. */
    public boolean isReady() {
        return problems().isEmpty();
    }

    /** What is missing, and why. */
    public Map<String, String> problems() {
        if (!started) {
            return Map.of("start", "not finished yet");
        }
        Map<String, String> problems = new LinkedHashMap<>();
        new TreeMap<>(checks)
                .forEach((what, check) -> {
                    String problem = problem(what, check);
                    if (problem != null) {
                        problems.put(what, problem);
                    }
                });
        return problems;
    }

    private static @Nullable String problem(String what, Check check) {
        try {
            return check.problem();
        } catch (RuntimeException e) {
            log.atDebug().addKeyValue("check", what).setCause(e).log("a check failed");
            return String.valueOf(e.getMessage());
        }
    }
}
