package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;

import dev.lunaria.registry.StorageTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Lists that go over several pools, in pages. No state: a token says at which pool, and where in
 * it, to go on.
 *
 * <p>A pool that doesn't answer fails the list: who reads it takes what isn't there for gone.
 */
public final class PoolPages {

    /** The longest page: so many volumes fit a message, each published to several nodes. */
    static final int MAX_PAGE = 5_000;

    private static final char SEPARATOR = ':';

    private PoolPages() {}

    /** What one pool holds, in pages of its own. */
    public interface Source<T> {
        /** A page may be shorter than asked for, even empty, and not the last. */
        Page<T> page(StorageTarget target, int max, String token);
    }

    /** Where a page begins. */
    private record Position(UUID pool, String token) {

        static Position parse(String text) {
            int separator = text.indexOf(SEPARATOR);
            try {
                return new Position(
                        UUID.fromString(text.substring(0, Math.max(0, separator))),
                        text.substring(separator + 1));
            } catch (IllegalArgumentException e) {
                throw badToken(e);
            }
        }

        @Override
        public String toString() {
            return pool.toString() + SEPARATOR + token;
        }
    }

    /**
     * One page over all these pools. {@code BUSY} where the token is no longer of use.
     *
     * @param max at most so many; 0: as many as fit an answer
     */
    public static <T> Page<T> read(
            List<StorageTarget> pools, int max, String startingToken, Source<T> source) {
        int size = max == 0 ? MAX_PAGE : Math.min(max, MAX_PAGE);
        int index = 0;
        String token = "";
        if (!startingToken.isEmpty()) {
            Position start = Position.parse(startingToken);
            index = pools.stream().map(StorageTarget::pool).toList().indexOf(start.pool());
            token = start.token();
            if (index < 0) {
                throw badToken(null);
            }
        }
        var entries = new ArrayList<T>();
        while (index < pools.size()) {
            StorageTarget target = pools.get(index);
            if (entries.size() >= size) {
                if (!token.isEmpty() || holdsAny(source, target)) {
                    return new Page<>(entries, new Position(target.pool(), token).toString());
                }
            } else {
                Page<T> page = source.page(target, size - entries.size(), token);
                entries.addAll(page.entries());
                token = page.nextToken();
            }
            if (token.isEmpty()) {
                index++;
            }
        }
        return new Page<>(entries, "");
    }

    private static <T> boolean holdsAny(Source<T> source, StorageTarget target) {
        Page<T> first = source.page(target, 1, "");
        return !first.entries().isEmpty() || !first.nextToken().isEmpty();
    }

    private static Failure badToken(@Nullable Throwable cause) {
        return new Failure(
                BUSY, "starting_token is of no use any more; list again from the beginning", cause);
    }
}
