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
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A writer in a pod that stamps one block of a file again and again, past the page cache, until it
 * fails.
 *
 * <p>Runs on a thread of its own; what it has written may be asked from any thread. A stamp is
 * {@value #BLOCK} bytes: the writer's mark, then a number that rises by one with each write.
 */
public final class StampWriter {
    static final int BLOCK = 4096;

    private final byte[] mark = ("stamp " + UUID.randomUUID()).getBytes(StandardCharsets.US_ASCII);
    private final AtomicLong acknowledged = new AtomicLong();
    private final Path file;
    private final Thread thread;
    private volatile @Nullable IOException failure;
    private volatile boolean stopped;

    private StampWriter(Path file) {
        this.file = file;
        this.thread = Thread.ofPlatform().daemon().name("stamp-writer").unstarted(this::run);
    }

    /** Begins to stamp a file. */
    public static StampWriter start(Path file) {
        var writer = new StampWriter(file);
        writer.thread.start();
        return writer;
    }

    /** The number of the last stamp that was written and acknowledged. */
    public long acknowledged() {
        return acknowledged.get();
    }

    /** Why it ended, if it has. */
    public @Nullable IOException failure() {
        return failure;
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
        ByteBuffer block = ByteBuffer.allocateDirect(2 * BLOCK).alignedSlice(BLOCK).limit(BLOCK);
        int flags =
                OpenFlags.O_CREAT | OpenFlags.O_WRONLY | OpenFlags.O_DIRECT | OpenFlags.O_CLOEXEC;
        try (Descriptor stamps = Descriptor.open(file, flags, 0600)) {
            for (long number = 1; !stopped; number++) {
                block.clear().limit(BLOCK);
                block.put(mark).putLong(number).position(0);
                FileIo.writeFully(stamps, block, 0, 0);
                acknowledged.set(number);
            }
        } catch (IOException e) {
            failure = e;
        }
    }
}
