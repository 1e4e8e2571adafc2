package dev.lunaria.target.store;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The last bytes of a pool's filesystem, which volumes don't get: while the pool is full a grant, a
 * fence, the note of who writes and a deletion must still be possible, and each writes a small
 * file.
 *
 * <p>Any thread, lock-free. The filesystem is asked once in {@link #ASK_EVERY} bytes written while
 * there is room, and with each write when there isn't; writes that were admitted and are not yet
 * carried out may take a part of the reserve.
 */
public final class CatalogReserve {

    /** So much is kept, of a small filesystem a sixteenth. */
    static final long MAX_BYTES = 32L << 20;

    static final long ASK_EVERY = 64L << 20;
    private static final int SHARE = 16;

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
        budget.set(Math.min(left, ASK_EVERY));
        return left >= 0;
    }
}
