package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.Errno;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.IoCompletion;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the requests for one file from a {@link BlockIo}. Called by the reader's loop, and
 * completed by any thread; has no state but whether the kernel has said hello. Its bound is that of
 * its buffers.
 */
final class FuseServer {

    private static final Logger LOG = LoggerFactory.getLogger(FuseServer.class);

    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int O_ACCMODE = 3;

    private final BlockIo io;
    private final FuseOptions options;
    private final RequestBuffers buffers;
    private final CompletableFuture<String> lacking = new CompletableFuture<>();

    FuseServer(BlockIo io, FuseOptions options, RequestBuffers buffers) {
        this.io = io;
        this.options = options;
        this.buffers = buffers;
    }

    /**
     * Done with the kernel's INIT: what the kernel lacks, empty where it has all that is needed.
     */
    CompletableFuture<String> lacking() {
        return lacking;
    }

    /**
     * Answers one request, now or later; takes over the buffer.
     *
     * @param length the request's length
     */
    void handle(ByteBuffer buffer, int length, ReplySink sink) {
        FuseRequest request = FuseProtocol.parse(buffer, length);
        long unique = request.unique();
        switch (request) {
            case FuseRequest.Init init -> finish(buffer, sink, hello(buffer, init));
            case FuseRequest.GetAttributes g ->
                    finish(
                            buffer,
                            sink,
                            FuseProtocol.attributes(
                                    buffer, unique, io.sizeBytes(), options.readOnly()));
            case FuseRequest.Open open -> finish(buffer, sink, open(buffer, open));
            case FuseRequest.StatFileSystem s ->
                    finish(buffer, sink, FuseProtocol.fileSystem(buffer, unique, io.sizeBytes()));
            case FuseRequest.Seek seek -> finish(buffer, sink, seek(buffer, seek));
            case FuseRequest.Ending e ->
                    finish(buffer, sink, FuseProtocol.status(buffer, unique, 0));
            case FuseRequest.Unsupported u ->
                    finish(buffer, sink, FuseProtocol.status(buffer, unique, Errno.ENOSYS));
            case FuseRequest.Unanswered u -> buffers.give(buffer);
            case FuseRequest.Read read -> read(buffer, read, sink);
            case FuseRequest.Write write -> write(buffer, write, sink);
            case FuseRequest.Sync s -> {
                Pending pending = new Pending(buffer, unique, sink, Answer.STATUS, 0);
                pending.start(() -> io.flush(pending));
            }
            case FuseRequest.Allocate allocate -> allocate(buffer, allocate, sink);
        }
    }

    private ByteBuffer hello(ByteBuffer buffer, FuseRequest.Init init) {
        String lack = "";
        if (init.major() != FuseProtocol.MAJOR || init.minor() < FuseProtocol.OLDEST_MINOR) {
            lack = "FUSE protocol 7.28 (Linux 4.20)";
        } else if ((init.flags() & FuseProtocol.ASYNC_DIO) == 0) {
            // Without it a split write that fails half-way looks like success to the loop driver.
            lack = "FUSE_ASYNC_DIO";
        }
        lacking.complete(lack);
        if (!lack.isEmpty()) {
            return FuseProtocol.status(buffer, init.unique(), Errno.EOPNOTSUPP);
        }
        return FuseProtocol.init(buffer, init, options.queueDepth(), options.maxRequestBytes());
    }

    private ByteBuffer open(ByteBuffer buffer, FuseRequest.Open open) {
        if (options.readOnly() && (open.flags() & O_ACCMODE) != 0) {
            return FuseProtocol.status(buffer, open.unique(), Errno.EROFS);
        }
        return FuseProtocol.opened(buffer, open.unique());
    }

    private ByteBuffer seek(ByteBuffer buffer, FuseRequest.Seek seek) {
        long size = io.sizeBytes();
        if (seek.offset() < 0 || seek.offset() >= size) {
            return FuseProtocol.status(buffer, seek.unique(), Errno.ENXIO);
        }
        return switch (seek.whence()) {
            case SEEK_DATA -> FuseProtocol.position(buffer, seek.unique(), seek.offset());
            case SEEK_HOLE -> FuseProtocol.position(buffer, seek.unique(), size);
            default -> FuseProtocol.status(buffer, seek.unique(), Errno.EINVAL);
        };
    }

    private void read(ByteBuffer buffer, FuseRequest.Read read, ReplySink sink) {
        long size = io.sizeBytes();
        int length = (int) Math.max(0, Math.min(read.length(), size - read.offset()));
        if (read.offset() < 0 || length == 0) {
            finish(buffer, sink, FuseProtocol.status(buffer, read.unique(), 0));
            return;
        }
        if (misplaced(read.offset(), length, size) != 0 || length > options.maxRequestBytes()) {
            finish(buffer, sink, FuseProtocol.status(buffer, read.unique(), Errno.EINVAL));
            return;
        }
        ByteBuffer into = buffer.slice(FuseProtocol.DATA_AT, length);
        Pending pending = new Pending(buffer, read.unique(), sink, Answer.DATA, length);
        pending.start(() -> io.read(read.offset(), into, pending));
    }

    private void write(ByteBuffer buffer, FuseRequest.Write write, ReplySink sink) {
        int refusal =
                options.readOnly()
                        ? Errno.EROFS
                        : misplaced(write.offset(), write.length(), io.sizeBytes());
        if (refusal != 0) {
            finish(buffer, sink, FuseProtocol.status(buffer, write.unique(), refusal));
            return;
        }
        ByteBuffer from = buffer.slice(FuseProtocol.DATA_AT, write.length());
        Pending pending = new Pending(buffer, write.unique(), sink, Answer.WRITTEN, write.length());
        pending.start(() -> io.write(write.offset(), from, pending));
    }

    private void allocate(ByteBuffer buffer, FuseRequest.Allocate allocate, ReplySink sink) {
        boolean punch = FuseProtocol.isPunchHole(allocate.mode());
        int refusal;
        if (!punch && !FuseProtocol.isZeroRange(allocate.mode())) {
            refusal = Errno.EOPNOTSUPP;
        } else if (options.readOnly()) {
            refusal = Errno.EROFS;
        } else {
            refusal = misplaced(allocate.offset(), allocate.length(), io.sizeBytes());
        }
        if (refusal != 0) {
            finish(buffer, sink, FuseProtocol.status(buffer, allocate.unique(), refusal));
            return;
        }
        Pending pending = new Pending(buffer, allocate.unique(), sink, Answer.STATUS, 0);
        if (punch) {
            pending.start(() -> io.discard(allocate.offset(), allocate.length(), pending));
        } else {
            pending.start(() -> io.writeZeroes(allocate.offset(), allocate.length(), pending));
        }
    }

    /** An errno where the range is not of whole blocks within the disk, else 0. */
    private int misplaced(long offset, long length, long size) {
        int block = io.blockBytes();
        if (offset < 0 || length <= 0 || offset % block != 0 || length % block != 0) {
            return Errno.EINVAL;
        }
        return length > size || offset > size - length ? Errno.ENOSPC : 0;
    }

    private void finish(ByteBuffer buffer, ReplySink sink, ByteBuffer reply) {
        sink.send(reply);
        buffers.give(buffer);
    }

    /** What a completed request answers with. */
    private enum Answer {
        STATUS,
        DATA,
        WRITTEN
    }

    /** A request that the {@link BlockIo} is working on; completed once, on any thread. */
    private final class Pending implements IoCompletion {
        private final ByteBuffer buffer;
        private final long unique;
        private final ReplySink sink;
        private final Answer answer;
        private final int length;
        private final AtomicBoolean completed = new AtomicBoolean();

        Pending(ByteBuffer buffer, long unique, ReplySink sink, Answer answer, int length) {
            this.buffer = buffer;
            this.unique = unique;
            this.sink = sink;
            this.answer = answer;
            this.length = length;
        }

        void start(Runnable request) {
            sink.retain();
            try {
                request.run();
            } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("block I/O threw; the request is answered with EIO");
                complete(Errno.EIO);
            }
        }

        @Override
        public void complete(int errno) {
            if (!completed.compareAndSet(false, true)) {
                LOG.atError().log("block I/O completed a request twice; the second is ignored");
                return;
            }
            finish(buffer, sink, reply(errno));
            sink.release();
        }

        private ByteBuffer reply(int errno) {
            if (errno != 0) {
                // The kernel takes ENOSYS as "never ask again", and then answers fsync by itself.
                int shown = errno == Errno.ENOSYS ? Errno.EIO : errno;
                return FuseProtocol.status(buffer, unique, shown);
            }
            return switch (answer) {
                case STATUS -> FuseProtocol.status(buffer, unique, 0);
                case DATA -> FuseProtocol.data(buffer, unique, length);
                case WRITTEN -> FuseProtocol.written(buffer, unique, length);
            };
        }
    }
}
