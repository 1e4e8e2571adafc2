package dev.lunaria.target.store;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The last bytes of a pool's filesystem, which volumes don't get: while the pool is full a grant, a
 * fence, the note of who writes and a deletion must still be possible, and each writes a small
 * file.
 *
 * <p>Any thread, lock-free. While there is room the filesystem is asked once in a quarter of the
 * reserve written, as others may fill it too, and with each write when there isn't. So at most that
 * quarter is taken by mistake, and what is admitted and not yet carried out.
 */
public final class CatalogReserve {

    /** So much is kept, of a small filesystem a sixteenth. */
    static final long MAX_BYTES = 32L << 20;

    private static final int SHARE = 16;
    private static final int ASKED_IN_EACH = 4;

    private final Filesystem filesystem;
    private final AtomicLong budget = new AtomicLong();

    /** The filesystem that a pool lies on; may block in the kernel. */
    public interface Filesystem {
        /** Its size in bytes. */
        long totalBytes() throws IOException;

        /** What is free of it for this process, in bytes. */
        long freeBytes() throws IOException;
    }

    public CatalogReserve(Filesystem filesystem) {
        this.filesystem = filesystem;
    }

    /** Whether so many bytes may be taken without asking the filesystem. Never blocks. */
    boolean covers(long bytes) {
        return budget.addAndGet(-bytes) >= 0;
    }

    /** Asks the filesystem whether so many bytes may be taken. May block. */
    boolean admits(long bytes) throws IOException {
        long kept = Math.min(MAX_BYTES, filesystem.totalBytes() / SHARE);
        long left = filesystem.freeBytes() - kept - bytes;
        budget.set(Math.min(left, kept / ASKED_IN_EACH));
        return left >= 0;
    }
}
