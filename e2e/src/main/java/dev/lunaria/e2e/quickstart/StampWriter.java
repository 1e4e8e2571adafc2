package dev.lunaria.e2e.quickstart;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A writer in a pod that stamps a file again and again, past the page cache, until it fails: one
 * block, or one stretch of it after the other.
 *
 * <p>Runs on a thread of its own; what it has written may be asked from any thread. A stamp begins
 * with the writer's mark, then a number that rises by one with each write.
 */
public final class StampWriter {
    static final int BLOCK = 4096;

    private final byte[] mark = ("stamp " + UUID.randomUUID()).getBytes(StandardCharsets.US_ASCII);
    private final Path file;
    private final int length;
    private final boolean appends;
    private final Thread thread;
    private final Object stamped = new Object();
    private long acknowledged; // guarded by stamped
    private long longestWaitNanos; // guarded by stamped
    private volatile @Nullable IOException failure;
    private volatile boolean stopped;

    private StampWriter(Path file, int length, boolean appends) {
        this.file = file;
        this.length = length;
        this.appends = appends;
        this.thread = Thread.ofPlatform().daemon().name("stamp-writer").unstarted(this::run);
    }

    /** One that stamps the first {@value #BLOCK} bytes of the file. */
    public static StampWriter start(Path file) {
        return new StampWriter(file, BLOCK, false).started();
    }

    /**
     * One whose file grows by a stamp of that length with each write.
     *
     * @param length in bytes, a multiple of {@value #BLOCK}
     */
    public static StampWriter startAppending(Path file, int length) {
        return new StampWriter(file, length, true).started();
    }

    private StampWriter started() {
        thread.start();
        return this;
    }

    /** The number of the last stamp that was written and acknowledged. */
    public long acknowledged() {
        synchronized (stamped) {
            return acknowledged;
        }
    }

    /** The longest time that one write took. */
    public Duration longestWait() {
        synchronized (stamped) {
            return Duration.ofNanos(longestWaitNanos);
        }
    }

    /** Why it ended, if it has. */
    public @Nullable IOException failure() {
        return failure;
    }

    /** Waits until a stamp of that number or a later one is acknowledged. */
    public boolean awaitStamp(long number, long millis) throws InterruptedException {
        long deadline = System.nanoTime() + millis * 1_000_000;
        synchronized (stamped) {
            while (acknowledged < number && System.nanoTime() < deadline) {
                stamped.wait(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
            }
            return acknowledged >= number;
        }
    }

    /** Ends it, and waits a while for its last write. */
    public void stop() throws InterruptedException {
        stopped = true;
        thread.join(5_000);
    }

    /** Waits for its end. */
    public boolean awaitFailure(long millis) throws InterruptedException {
        thread.join(millis);
        return failure != null;
    }

    /**
     * Finds the newest stamp in a file that the volume's bytes are in: the LUN's own, at the
     * target.
     *
     * @return 0 where there is none
     */
    public long newestIn(Path lun) throws IOException {
        long newest = 0;
        ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
        try (FileChannel channel = FileChannel.open(lun, StandardOpenOption.READ)) {
            for (long offset : SparseBlocks.of(channel, lun, BLOCK)) {
                channel.read(block.clear(), offset);
                block.flip();
                if (block.remaining() == BLOCK && isOurs(block)) {
                    newest = Math.max(newest, block.getLong(mark.length));
                }
            }
        }
        return newest;
    }

    private boolean isOurs(ByteBuffer block) {
        return block.slice(0, mark.length).equals(ByteBuffer.wrap(mark));
    }

    private void run() {
        ByteBuffer stamp = ByteBuffer.allocateDirect(length + BLOCK).alignedSlice(BLOCK);
        int flags =
                OpenFlags.O_CREAT | OpenFlags.O_WRONLY | OpenFlags.O_DIRECT | OpenFlags.O_CLOEXEC;
        try (Descriptor stamps = Descriptor.open(file, flags, 0600)) {
            for (long number = 1; !stopped; number++) {
                stamp.clear().put(mark).putLong(number).position(0).limit(length);
                long begin = System.nanoTime();
                FileIo.writeFully(stamps, stamp, appends ? (number - 1) * length : 0, 0);
                long took = System.nanoTime() - begin;
                synchronized (stamped) {
                    acknowledged = number;
                    longestWaitNanos = Math.max(longestWaitNanos, took);
                    stamped.notifyAll();
                }
            }
        } catch (IOException e) {
            failure = e;
        }
    }
}
