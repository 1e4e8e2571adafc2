package dev.lunaria.service.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The receive buffers of one channel whose reader wants long pieces of the stream in one place:
 * what it leaves unread stands before what the next read brings, mostly without being copied.
 *
 * <p>Owned by the channel's event loop. Between two reads it holds nothing, or what was left, in a
 * buffer of at most {@link #SPARSE} times its size; a buffer is never larger than twice what has
 * arrived or one read and {@link #SLACK} more than the longest piece, whichever is less.
 */
public final class ContiguousReads extends DefaultMaxMessagesRecvByteBufAllocator {

    /** A buffer that is emptier than this is not kept for the few bytes in it. */
    private static final int SPARSE = 4;

    /** Room behind a long piece, for the beginning of what follows it. */
    private static final int SLACK = 16 << 10;

    private final int readBytes;
    private @Nullable ByteBuf kept;
    private int wanted;
    private int longest;
    private boolean closed;

    /**
     * Receive buffers of a channel, which belong to its option RECVBUF_ALLOCATOR.
     *
     * @param readBytes how much one read takes, unless the pieces are longer
     */
    public ContiguousReads(int readBytes) {
        super(1);
        this.readBytes = readBytes;
    }

    // A channel asks with its first read; the allocator has this channel alone.
    @Override
    @SuppressWarnings("deprecation") // Handle is, its successor extends it
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return readBytes;
            }

            @Override
            public ByteBuf allocate(ByteBufAllocator allocator) {
                return next(allocator);
            }
        };
    }

    /** The buffer for the next read, the caller's to release. */
    private ByteBuf next(ByteBufAllocator allocator) {
        ByteBuf left = kept;
        if (left == null) {
            return allocator.ioBuffer(Math.max(readBytes, longest));
        }
        int arrived = left.readableBytes();
        if (left.writableBytes() < Math.min(wanted - arrived, arrived)) {
            int room = Math.clamp(wanted - arrived, readBytes, Math.max(readBytes, arrived));
            left = allocator.ioBuffer(arrived + room).writeBytes(left);
            replace(left);
        }
        // Kept here too: a read that brings nothing releases what it was given.
        return left.retain();
    }

    /**
     * Takes back what {@code channelRead} was given, its reader index behind what was used.
     *
     * @param together how many bytes from there on are wanted in one place; 0: any number will do,
     *     and nothing was left
     */
    @SuppressWarnings("ReferenceEquality") // the same buffer, not one with the same bytes
    public void done(ByteBuf message, int together) {
        boolean wasKept = message == kept;
        if (!message.isReadable() || closed) {
            longest -= longest / SPARSE / SPARSE;
            message.release();
            if (wasKept) {
                replace(null);
            }
            return;
        }
        wanted = together;
        longest = Math.max(longest, together + SLACK);
        if (wasKept) {
            message.release();
        } else {
            kept = message;
        }
        if (message.capacity() / SPARSE > message.readableBytes()) {
            replace(message.alloc().ioBuffer(message.readableBytes()).writeBytes(message));
        }
    }

    /** The channel is closed: lets go of what was left. */
    public void close() {
        closed = true;
        replace(null);
    }

    private void replace(@Nullable ByteBuf by) {
        ByteBuf before = kept;
        kept = by;
        if (before != null) {
            before.release();
        }
    }
}
