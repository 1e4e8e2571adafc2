package dev.lunaria.target.snapshot;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.store.ChunkedCopy;
import dev.lunaria.target.store.FileCopyDestination;
import dev.lunaria.target.store.FileCopySource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The two ways to copy a file of a pool: by reflink at once, or chunk by chunk. Any thread that may
 * block. At most {@link #REFLINKS} reflinks are in the kernel at once, on threads of their own: one
 * of a fragmented file holds its inode for seconds, and can't be called back.
 */
public final class Copies implements AutoCloseable {

    private static final int REFLINKS = 8;

    private final Executor blocking;
    private final ExecutorService reflinks;

    /** Where {@code blocking} copies chunks that a write waits for. */
    public Copies(Executor blocking) {
        this.blocking = blocking;
        ThreadPoolExecutor threads =
                new ThreadPoolExecutor(
                        REFLINKS,
                        REFLINKS,
                        10,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform().name("reflink-", 0).daemon(true).factory());
        threads.allowCoreThreadTimeOut(true);
        this.reflinks = threads;
    }

    /** Begins a reflink within a pool. Who stops waiting for it gives its destination up. */
    CompletableFuture<Void> reflink(Pool pool, Path from, Path into) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        reflinks.execute(() -> {
            try {
                pool.catalog().reflink(from, into);
                done.complete(null);
            } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /** A copy of a file of the pool into another one, which is there and all a hole. */
    ChunkedCopy chunks(Pool pool, Path from, Path into, long bytes) throws IOException {
        return chunks(read(pool.folder().resolve(from)), pool.folder().resolve(into), bytes);
    }

    /** The same of a file that is open; which is closed with the copy. */
    ChunkedCopy chunks(Descriptor from, Path into, long bytes) throws IOException {
        try {
            Descriptor copy = Descriptor.open(into, OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW, 0);
            return new ChunkedCopy(
                    new FileCopySource(from), new FileCopyDestination(copy), bytes, blocking);
        } catch (IOException e) {
            from.close();
            throw e;
        }
    }

    static Descriptor read(Path file) throws IOException {
        return Descriptor.open(file, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW, 0);
    }

    /** What a file of the pool takes on disk, in bytes. */
    static long allocatedBytes(Pool pool, Path file) throws IOException {
        return FileStatus.of(pool.folder().resolve(file)).allocatedBytes();
    }

    /**
     * Refuses what the pool has no room for.
     *
     * @param bytes that are going to be copied
     * @throws RefusedException EXHAUSTED
     */
    static void checkRoom(Pool pool, long bytes) throws RefusedException, IOException {
        long free = pool.freeBytes();
        if (free == 0 || bytes > free) {
            throw new RefusedException(
                    Reason.EXHAUSTED,
                    "pool %s has %d bytes free beyond its reserve, and %d are to be copied"
                            .formatted(pool.id(), free, bytes));
        }
    }

    /** Gives back the space of a copy that failed: what is in it is of no use. */
    static void clear(Pool pool, Path file) throws IOException {
        FileCopyDestination copy =
                new FileCopyDestination(
                        Descriptor.open(
                                pool.folder().resolve(file),
                                OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW,
                                0));
        try {
            copy.clear();
        } finally {
            copy.close();
        }
    }

    @Override
    public void close() {
        reflinks.shutdown();
    }
}
