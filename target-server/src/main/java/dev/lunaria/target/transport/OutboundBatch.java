package dev.lunaria.target.transport;

import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.target.store.ReadAnswer.FileRange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.DefaultFileRegion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes PDUs to a channel: small ones together in one buffer and one write for a whole turn, large
 * Data-In without copying, by sendfile where its bytes are in a file.
 *
 * <p>Owned by the connection's event loop. Bounded by the channel's high-water mark, beyond which
 * the session starts no reads and the channel is not read, and by what one turn may answer.
 */
final class OutboundBatch {

    /** From this many bytes on a Data-In goes out without being copied; measured. */
    static final int DIRECT_FROM = 32 << 10;

    private static final int FIRST_BATCH = 16 << 10;
    private static final int BATCH = 64 << 10;

    private final Channel channel;
    private final PduEncoder encoder = new PduEncoder();
    private boolean dataDigest;
    private @Nullable ByteBuf batch;
    private boolean unflushed;

    /** Payloads that were written but not copied, and that may still be needed. */
    private int uncopied;

    OutboundBatch(Channel channel) {
        this.channel = channel;
    }

    void negotiated(Digests digests) {
        encoder.negotiated(digests);
        dataDigest = digests.data();
    }

    void send(TargetPdu pdu, Runnable sent) {
        if (!channel.isActive()) {
            sent.run();
            return;
        }
        if (pdu instanceof DataIn in) {
            switch (in.payload()) {
                case Payload.Bytes(ByteBuffer bytes) when bytes.remaining() >= DIRECT_FROM ->
                        wrapped(in, bytes, sent);
                case Payload.Bytes bytes -> copied(in, sent);
                case Payload.External(FileRange range, int offset, int length) ->
                        file(in, range, offset, length, sent);
                case Payload.External other ->
                        throw new IllegalArgumentException("no way to send " + other.region());
            }
        } else {
            copied(pdu, sent);
        }
    }

    private void copied(TargetPdu pdu, Runnable sent) {
        int bytes = encoder.encodedBytes(pdu);
        ByteBuf out = room(bytes);
        ByteBuffer view = out.internalNioBuffer(out.writerIndex(), bytes);
        encoder.encode(pdu, view);
        out.writerIndex(out.writerIndex() + bytes);
        behindUncopied(sent);
    }

    /**
     * A command's buffer goes back with its last PDU, so that one, though copied itself, waits for
     * those that went out of the same buffer uncopied.
     */
    private void behindUncopied(Runnable sent) {
        if (uncopied == 0) {
            sent.run();
        } else {
            channel.write(Unpooled.EMPTY_BUFFER).addListener(done -> sent.run());
            unflushed = true;
        }
    }

    private void wrapped(DataIn pdu, ByteBuffer data, Runnable sent) {
        header(pdu);
        writeBatch();
        uncopied(channel.write(Unpooled.wrappedBuffer(data)), sent);
        trailer(data);
    }

    private void uncopied(ChannelFuture written, Runnable sent) {
        uncopied++;
        written.addListener(done -> {
            uncopied--;
            sent.run();
        });
    }

    private void header(DataIn pdu) {
        int bytes = encoder.headerBytes(pdu);
        ByteBuf out = room(bytes);
        encoder.encodeHeader(pdu, out.internalNioBuffer(out.writerIndex(), bytes));
        out.writerIndex(out.writerIndex() + bytes);
    }

    private void trailer(ByteBuffer data) {
        int bytes = encoder.trailerBytes(data.remaining());
        if (bytes > 0) {
            ByteBuf out = room(bytes);
            encoder.encodeTrailer(data, out.internalNioBuffer(out.writerIndex(), bytes));
            out.writerIndex(out.writerIndex() + bytes);
        }
    }

    private void file(DataIn pdu, FileRange range, int offset, int length, Runnable sent) {
        if (dataDigest || length < DIRECT_FROM || (length & 3) != 0) {
            fileCopied(pdu, range, offset, length);
            behindUncopied(sent);
            return;
        }
        header(pdu);
        writeBatch();
        uncopied(channel.writeAndFlush(new OpenFileRegion(range, offset, length)), sent);
        unflushed = false;
    }

    private void fileCopied(DataIn pdu, FileRange range, int offset, int length) {
        int headerBytes = encoder.headerBytes(pdu);
        int bytes = headerBytes + length + encoder.trailerBytes(length);
        ByteBuf out = room(bytes);
        ByteBuffer view = out.internalNioBuffer(out.writerIndex(), bytes);
        encoder.encodeHeader(pdu, view);
        ByteBuffer data = view.slice(view.position(), length);
        try {
            readFully(range, offset, data);
        } catch (IOException unreadable) {
            // The status is decided already; only the connection's end keeps wrong data back.
            channel.pipeline().fireExceptionCaught(unreadable);
            channel.close();
            return;
        }
        view.position(view.position() + length);
        encoder.encodeTrailer(data.flip(), view);
        out.writerIndex(out.writerIndex() + bytes);
    }

    private static void readFully(FileRange range, int offset, ByteBuffer into) throws IOException {
        long position = range.position() + offset;
        while (into.hasRemaining()) {
            int bytes = range.file().read(into, position);
            if (bytes < 0) {
                throw new EOFException("a read beyond the end of the LUN's file");
            }
            position += bytes;
        }
    }

    private ByteBuf room(int bytes) {
        ByteBuf current = batch;
        if (current != null && current.writableBytes() >= bytes) {
            return current;
        }
        int size = current == null && !unflushed ? FIRST_BATCH : BATCH;
        writeBatch();
        ByteBuf fresh = channel.alloc().directBuffer(Math.max(size, bytes));
        batch = fresh;
        return fresh;
    }

    private void writeBatch() {
        ByteBuf full = batch;
        if (full != null) {
            batch = null;
            channel.write(full);
            unflushed = true;
        }
    }

    /** Sends what has gathered: once for each turn. */
    void flush() {
        writeBatch();
        if (unflushed) {
            unflushed = false;
            channel.flush();
        }
    }

    /** Lets go of what was not sent; the channel is closed. */
    void drop() {
        ByteBuf rest = batch;
        if (rest != null) {
            batch = null;
            rest.release();
        }
    }

    /** A region of a file that stays open: it is the store's. */
    private static final class OpenFileRegion extends DefaultFileRegion {
        private OpenFileRegion(FileRange range, int offset, int length) {
            super(range.file(), range.position() + offset, length);
        }

        @Override
        protected void deallocate() {
            // Netty's own would close the file.
        }
    }
}
