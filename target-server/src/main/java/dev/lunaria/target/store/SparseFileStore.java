package dev.lunaria.target.store;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.PageCache;
import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A logical unit's bytes in one sparse file.
 *
 * <p>Any thread. Reads are answered on the caller's thread where the page cache has them; all else
 * goes to {@link StoreThreads}: writes one batch after the other (the inode's lock would do the
 * same), reads several at once, flushes joined into one fdatasync. Bounded by {@link
 * StoreThreads#admit}.
 *
 * <p>After a failed fdatasync the kernel marks the lost pages clean, and the next one succeeds. So
 * a failure fails every flush and every durable write that had begun by then; that it stays visible
 * to those who had written before is the logical unit's part, because it knows who they are.
 */
public final class SparseFileStore implements BlockStore {

    /** From this length on, what the page cache has goes out by sendfile. */
    public static final int FILE_RANGE_BYTES = 32 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(SparseFileStore.class);
    private static final int READS_AT_ONCE = 8;
    private static final int ZEROES_BYTES = 1 << 20;
    private static final ReadAnswer FILLED = new ReadAnswer.Filled();
    private static final ReadAnswer PENDING = new ReadAnswer.Pending();

    private final Descriptor file;
    private final FileChannel channel;
    private final StoreThreads threads;
    private final Lane<Task> reads;
    private final Lane<Task> writes;
    private final Lane<Flush> flushes;
    private final InFlight inFlight = new InFlight();
    private final AtomicLong size;
    private volatile boolean nowait = true;
    private volatile @Nullable StoreException lastFailure;

    private SparseFileStore(Descriptor file, FileChannel channel, long size, StoreThreads threads) {
        this.file = file;
        this.channel = channel;
        this.size = new AtomicLong(size);
        this.threads = threads;
        this.reads = new Lane<>(threads, READS_AT_ONCE, this::runAll);
        this.writes = new Lane<>(threads, 1, this::runAll);
        this.flushes = new Lane<>(threads, 1, this::flushNow);
    }

    /**
     * Opens a file that is there.
     *
     * @param size in bytes; the file is at least as long
     */
    public static SparseFileStore open(Path path, long size, StoreThreads threads)
            throws IOException {
        Descriptor file = Descriptor.open(path, OpenFlags.O_RDWR | OpenFlags.O_NOFOLLOW, 0);
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            if (channel.size() < size) {
                channel.close();
                throw new IOException(path + " is shorter than " + size + " bytes");
            }
            return new SparseFileStore(file, channel, size, threads);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return size.get();
    }

    /**
     * The file has grown: from now on the store is at least so large.
     *
     * @param bytes the file is at least as long
     * @return whether it was smaller before
     */
    public boolean grow(long bytes) {
        return size.getAndAccumulate(bytes, Math::max) < bytes;
    }

    @Override
    public ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending) {
        if (inFlight.enter()) {
            try {
                ReadAnswer answer = fromPageCache(offset, into);
                if (answer != null) {
                    return answer;
                }
            } finally {
                inFlight.exit();
            }
        }
        start(reads, () -> readNow(offset, into), Reason.READ, whenPending);
        return PENDING;
    }

    @Override
    public void write(long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
        start(
                writes,
                () -> FileIo.writeFully(file, from.duplicate(), offset, 0),
                Reason.WRITE,
                durable ? new ThenFlush(lastFailure, completion) : completion);
    }

    @Override
    public void flush(StoreCompletion completion) {
        flush(lastFailure, completion);
    }

    private void flush(@Nullable StoreException knownFailure, StoreCompletion completion) {
        if (begin(completion)) {
            add(flushes, new Flush(knownFailure, completion), completion);
        }
    }

    @Override
    public void discard(long offset, long length, StoreCompletion completion) {
        start(writes, () -> punch(offset, length), Reason.WRITE, completion);
    }

    @Override
    public void writeZeroes(long offset, long length, StoreCompletion completion) {
        start(writes, () -> zero(offset, length), Reason.WRITE, completion);
    }

    @Override
    public List<Range> allocated(long offset, long length) throws StoreException {
        if (!inFlight.enter()) {
            throw closed();
        }
        try {
            return SparseFiles.dataRanges(file, offset, length);
        } catch (LinuxException e) {
            throw failure(Reason.READ, e);
        } finally {
            inFlight.exit();
        }
    }

    @Override
    public void close() throws StoreException {
        if (!inFlight.beginClosing()) {
            return;
        }
        try {
            inFlight.awaitIdle();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException(Reason.CLOSED, "interrupted while it waited to close", e);
        }
        try {
            // So that an error of the write-back is seen by somebody who can say so.
            FileControl.fdatasync(file);
        } catch (LinuxException e) {
            throw failure(Reason.FLUSH, e);
        } finally {
            file.close();
            closeChannel();
        }
    }

    private void closeChannel() throws StoreException {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StoreException(Reason.CLOSED, "close failed: " + e.getMessage(), e);
        }
    }

    /** The answer that needs no disk, or null. */
    private @Nullable ReadAnswer fromPageCache(long offset, ByteBuffer into) {
        int length = into.remaining();
        try {
            if (length >= FILE_RANGE_BYTES && PageCache.isSupported()) {
                return PageCache.isResident(file, offset, length)
                        ? new ReadAnswer.FileRange(channel, offset, length)
                        : null;
            }
            if (nowait
                    && FileIo.read(file, into.duplicate(), offset, FileIo.RWF_NOWAIT) == length) {
                return FILLED;
            }
        } catch (LinuxException e) {
            // What is really wrong comes out where the store's thread tries the same.
            if (e.is(Errno.EOPNOTSUPP)) {
                nowait = false;
            }
        }
        return null;
    }

    private void readNow(long offset, ByteBuffer into) throws LinuxException {
        if (FileIo.readFully(file, into.duplicate(), offset) < into.remaining()) {
            throw new LinuxException("preadv2", Errno.EIO, file.name() + " ends before " + size());
        }
    }

    private void punch(long offset, long length) throws LinuxException {
        try {
            FileControl.punchHole(file, offset, length);
        } catch (LinuxException e) {
            if (!e.is(Errno.EOPNOTSUPP)) {
                throw e;
            }
            writeZeroBytes(offset, length);
        }
    }

    /** Keeps the space that there is and takes none: what is a hole reads as zeros already. */
    private void zero(long offset, long length) throws LinuxException {
        for (Range data : SparseFiles.dataRanges(file, offset, length)) {
            try {
                FileControl.zeroRange(file, data.offset(), data.length());
            } catch (LinuxException e) {
                if (!e.is(Errno.EOPNOTSUPP)) {
                    throw e;
                }
                writeZeroBytes(data.offset(), data.length());
            }
        }
    }

    private void writeZeroBytes(long offset, long length) throws LinuxException {
        ByteBuffer zeroes = ByteBuffer.allocateDirect((int) Math.min(length, ZEROES_BYTES));
        for (long done = 0; done < length; done += zeroes.limit()) {
            zeroes.clear();
            zeroes.limit((int) Math.min(length - done, zeroes.capacity()));
            FileIo.writeFully(file, zeroes, offset + done, 0);
        }
    }

    /** One fdatasync for all who waited for one. */
    private void flushNow(List<Flush> waiting) {
        try {
            FileControl.fdatasync(file);
        } catch (LinuxException e) {
            lastFailure = failure(Reason.FLUSH, e);
        }
        StoreException failure = lastFailure;
        for (Flush flush : waiting) {
            end();
            tell(flush.completion(), failure == flush.knownFailure() ? null : failure);
        }
    }

    private void start(Lane<Task> lane, Action action, Reason reason, StoreCompletion completion) {
        if (begin(completion)) {
            add(lane, new Task(action, reason, completion), completion);
        }
    }

    private <T> void add(Lane<T> lane, T operation, StoreCompletion completion) {
        try {
            lane.add(operation);
        } catch (RuntimeException | Error e) {
            end();
            completion.failed(new StoreException(Reason.BUSY, "no thread can be had for it", e));
        }
    }

    /** Counts an operation in, or tells its completion why not. */
    private boolean begin(StoreCompletion completion) {
        if (!inFlight.enter()) {
            completion.failed(closed());
            return false;
        }
        if (!threads.admit()) {
            inFlight.exit();
            completion.failed(busy());
            return false;
        }
        return true;
    }

    /** Counts an operation out, before its completion hears of it. */
    private void end() {
        threads.finished();
        inFlight.exit();
    }

    private void runAll(List<Task> batch) {
        for (Task task : batch) {
            StoreException failure = null;
            try {
                task.action().run();
            } catch (LinuxException e) {
                failure = failure(task.reason(), e);
            } catch (RuntimeException | Error e) {
                failure = new StoreException(task.reason(), String.valueOf(e.getMessage()), e);
            }
            end();
            tell(task.completion(), failure);
        }
    }

    /** A completion that throws spoils nothing but itself: others wait behind it. */
    private void tell(StoreCompletion completion, @Nullable StoreException failure) {
        try {
            if (failure == null) {
                completion.done();
            } else {
                completion.failed(failure);
            }
        } catch (RuntimeException | Error e) {
            LOG.atError()
                    .addKeyValue("file", file.name())
                    .setCause(e)
                    .log("A completion failed; the operations behind it go on");
        }
    }

    private StoreException closed() {
        return new StoreException(Reason.CLOSED, file.name() + " is closed");
    }

    private StoreException busy() {
        return new StoreException(Reason.BUSY, "too many operations wait for the disk");
    }

    private static StoreException failure(Reason reason, LinuxException cause) {
        return new StoreException(
                reason == Reason.WRITE ? StoreException.whyNotWritten(cause) : reason,
                String.valueOf(cause.getMessage()),
                cause);
    }

    /** What a store's thread does. */
    private interface Action {
        void run() throws LinuxException;
    }

    /** An action, and whom to tell. */
    private record Task(Action action, Reason reason, StoreCompletion completion) {}

    /** Whom to tell of a flush, and the last failure before what it makes durable began. */
    private record Flush(@Nullable StoreException knownFailure, StoreCompletion completion) {}

    /** Makes a write durable before its completion hears of it. */
    private final class ThenFlush implements StoreCompletion {
        private final @Nullable StoreException knownFailure;
        private final StoreCompletion completion;

        ThenFlush(@Nullable StoreException knownFailure, StoreCompletion completion) {
            this.knownFailure = knownFailure;
            this.completion = completion;
        }

        @Override
        public void done() {
            flush(knownFailure, completion);
        }

        @Override
        public void failed(StoreException cause) {
            completion.failed(cause);
        }
    }
}
