package dev.lunaria.target.catalog;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who may have written to a LUN what no flush has made durable. Immutable.
 *
 * <p>Durable before such a write is acknowledged. When the machine's boot id is another one, its
 * page cache is gone, and what these writers believe to be written may be gone with it: they must
 * see an error until they detach, because a flush that succeeds would be a lie.
 *
 * @param bootId of the machine while the writers wrote; empty: never
 * @param writers since the last time that everything was flushed
 * @param lost writers of earlier boots, and of before a flush that failed, that have not detached
 *     since
 */
public record Unflushed(String bootId, SortedSet<Writer> writers, SortedSet<Writer> lost) {

    /** Nothing was written, or all of it is durable. */
    public static final Unflushed NOTHING =
            new Unflushed("", Collections.emptySortedSet(), Collections.emptySortedSet());

    /** A node under the grant of one epoch. */
    public record Writer(String node, long epoch) implements Comparable<Writer> {
        @Override
        public int compareTo(Writer other) {
            int byNode = node.compareTo(other.node);
            return byNode != 0 ? byNode : Long.compare(epoch, other.epoch);
        }
    }

    public Unflushed {
        writers = Collections.unmodifiableSortedSet(new TreeSet<>(writers));
        lost = Collections.unmodifiableSortedSet(new TreeSet<>(lost));
    }

    /** Whether what this writer wrote in an earlier boot may be lost. */
    boolean isLost(Writer writer, String currentBootId) {
        return lost.contains(writer) || (!bootId.equals(currentBootId) && writers.contains(writer));
    }

    /** With more writers, in this boot. */
    Unflushed with(Collection<Writer> more, String currentBootId) {
        TreeSet<Writer> nextLost = new TreeSet<>(lost);
        TreeSet<Writer> nextWriters = new TreeSet<>(more);
        (bootId.equals(currentBootId) ? nextWriters : nextLost).addAll(writers);
        return new Unflushed(currentBootId, nextWriters, nextLost);
    }

    /** When a flush failed: what its writers wrote may be gone, and the next flush succeeds. */
    Unflushed flushFailed() {
        TreeSet<Writer> nextLost = new TreeSet<>(lost);
        nextLost.addAll(writers);
        return new Unflushed(bootId, writers, nextLost);
    }

    /** When a writer has detached, knowing what it lost. */
    Unflushed detached(Writer writer, String currentBootId) {
        Unflushed now = with(Collections.emptySortedSet(), currentBootId);
        TreeSet<Writer> nextLost = new TreeSet<>(now.lost());
        nextLost.remove(writer);
        return new Unflushed(currentBootId, now.writers(), nextLost);
    }

    /** When everything that was written in this boot is durable. */
    Unflushed flushed(String currentBootId) {
        Unflushed now = with(Collections.emptySortedSet(), currentBootId);
        return new Unflushed(currentBootId, Collections.emptySortedSet(), now.lost());
    }
}
