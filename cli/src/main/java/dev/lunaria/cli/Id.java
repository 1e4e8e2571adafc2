package dev.lunaria.cli;

import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * What a person calls a LUN or a snapshot: a volume id {@code <pool>/<lun>}, the second UUID alone,
 * or its beginning. Immutable.
 *
 * @param pool beginning of the pool's UUID; empty: any
 * @param object beginning of the LUN's or snapshot's UUID
 */
record Id(String pool, String object) {
    static final String HELP =
            "Volume id <pool>/<lun>, the UUID alone, or its first 4 digits or more.";
    static final String POOL_HELP = "UUID of a pool, or its beginning: only what is in it.";

    private static final int LEAST = 4;

    /** For picocli. */
    Id(String text) {
        this(
                text.contains("/") ? text.substring(0, text.indexOf('/')) : "",
                text.substring(text.indexOf('/') + 1));
    }

    Id {
        pool = pool.toLowerCase(Locale.ROOT);
        object = object.toLowerCase(Locale.ROOT);
        if (object.length() < LEAST) {
            throw new IllegalArgumentException("give " + LEAST + " digits of the UUID or more");
        }
    }

    /** Whether it is a whole volume id, which a server can be asked for at once. */
    boolean isWhole() {
        return isUuid(pool) && isUuid(object);
    }

    private static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    boolean names(String inPool, String uuid) {
        return inPool.startsWith(pool) && uuid.startsWith(object);
    }

    /** Whether something is in the pool that was asked for; empty: any. */
    static boolean isOf(String asked, String pool) {
        return pool.startsWith(asked.toLowerCase(Locale.ROOT));
    }

    /**
     * The only one of what was found.
     *
     * @throws AdminException where there is none, or more than one
     */
    <T> T only(String what, List<T> found, int exitCode) {
        if (found.isEmpty()) {
            throw new AdminException(
                    exitCode == 0
                            ? "there is no %s %s; 'lunaria %ss list' shows those that there are"
                                    .formatted(what, this, what.toLowerCase(Locale.ROOT))
                            : "no server that answers has %s %s".formatted(what, this));
        }
        if (found.size() > 1) {
            throw new AdminException(
                    "%s are %d %ss: give more of the UUID".formatted(this, found.size(), what));
        }
        return found.getFirst();
    }

    @Override
    public String toString() {
        return pool.isEmpty() ? object : pool + "/" + object;
    }
}
