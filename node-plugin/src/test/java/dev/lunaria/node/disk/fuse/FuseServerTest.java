package dev.lunaria.node.disk.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.linux.Errno;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.IoCompletion;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the kernel gets as answers, byte by byte, without a kernel. */
final class FuseServerTest {

    private static final int BLOCK = 512;
    private static final int SIZE = 64 * BLOCK;

    private final HeldIo io = new HeldIo();
    private final Replies replies = new Replies();
    private final FuseOptions options = new FuseOptions(false, 4, 8192);
    private final RequestBuffers buffers = new RequestBuffers(8, 8192);
    private final FuseServer server = new FuseServer(io, options, buffers);

    @Test
    void initAsksForAsyncDirectIoAndLargeRequests() {
        request(26, 16).putInt(7).putInt(38).putInt(4096).putInt(~0);
        ByteBuffer reply = answer();
        assertThat(reply.remaining()).isEqualTo(16 + 64);
        assertThat(reply.getInt(16)).isEqualTo(7);
        assertThat(reply.getInt(28) & FuseProtocol.ASYNC_DIO).isNotZero();
        assertThat(reply.getInt(28) & FuseProtocol.MAX_PAGES).isNotZero();
        assertThat(reply.getShort(32)).isEqualTo((short) 4);
        assertThat(reply.getInt(36)).isEqualTo(8192);
        assertThat(server.lacking()).isCompletedWithValue("");
    }

    @Test
    void aKernelWithoutAsyncDirectIoIsRefused() {
        request(26, 16).putInt(7).putInt(38).putInt(0).putInt(~FuseProtocol.ASYNC_DIO);
        assertThat(error(answer())).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(server.lacking()).isCompletedWithValue("FUSE_ASYNC_DIO");
    }

    @Test
    void anOldKernelIsRefused() {
        request(26, 16).putInt(7).putInt(27).putInt(0).putInt(~0);
        assertThat(error(answer())).isEqualTo(Errno.EOPNOTSUPP);
        assertThat(server.lacking().join()).contains("7.28");
    }

    @Test
    void attributesShowTheSizeAndAreValidForNoTime() {
        request(3, 16);
        ByteBuffer reply = answer();
        assertThat(reply.remaining()).isEqualTo(16 + 104);
        assertThat(reply.getLong(16)).isZero();
        assertThat(reply.getLong(16 + 16 + 8)).isEqualTo(SIZE);
        assertThat(reply.getInt(16 + 16 + 60)).isEqualTo(0100600);
    }

    @Test
    void anOpenGoesPastThePageCacheWithWritesBesideEachOther() {
        request(14, 8).putInt(2);
        assertThat(answer().getInt(16 + 8) & 0x41).isEqualTo(0x41);
    }

    @Test
    void statfsShowsTheDiscardGranularity() {
        request(17, 0);
        ByteBuffer reply = answer();
        assertThat(reply.remaining()).isEqualTo(16 + 80);
        assertThat(reply.getInt(16 + 40)).isEqualTo(4096);
    }

    @Test
    void aReadAnswersWithItsBytesWhenTheyCome() {
        readRequest(512, 1024);
        dispatch();
        assertThat(replies.sent).isEmpty();
        assertThat(replies.held).isEqualTo(1);
        assertThat(io.only().what()).isEqualTo("read 512 1024");
        buffer(io.only()).put(0, (byte) 5);
        io.only().done().complete(0);
        ByteBuffer reply = replies.only();
        assertThat(reply.remaining()).isEqualTo(16 + 1024);
        assertThat(reply.get(16)).isEqualTo((byte) 5);
        assertThat(replies.held).isZero();
    }

    @Test
    void aReadIsCutAtTheEndOfTheDisk() {
        readRequest(SIZE - 512, 4096);
        dispatch();
        assertThat(io.only().what()).isEqualTo("read " + (SIZE - 512) + " 512");
    }

    @Test
    void aReadBeyondTheEndAnswersNoBytes() {
        readRequest(SIZE, 512);
        assertThat(answer().remaining()).isEqualTo(16);
    }

    @Test
    void aWriteIsAnsweredInFullOrNotAtAll() {
        writeRequest(1024, 1024);
        dispatch();
        assertThat(io.only().what()).isEqualTo("write 1024 1024");
        assertThat(buffer(io.only()).get(3)).isEqualTo((byte) 9);
        io.only().done().complete(0);
        ByteBuffer reply = replies.only();
        assertThat(error(reply)).isZero();
        assertThat(reply.getInt(16)).isEqualTo(1024);
    }

    @Test
    void aFailedWriteCarriesItsErrno() {
        writeRequest(0, 512);
        dispatch();
        io.only().done().complete(Errno.ENOSPC);
        ByteBuffer reply = replies.only();
        assertThat(error(reply)).isEqualTo(Errno.ENOSPC);
        assertThat(reply.remaining()).isEqualTo(16);
    }

    @Test
    void partsOfBlocksAreRefused() {
        writeRequest(100, 512);
        assertThat(error(answer())).isEqualTo(Errno.EINVAL);
    }

    @Test
    void aWriteBeyondTheEndIsRefused() {
        writeRequest(SIZE, 512);
        assertThat(error(answer())).isEqualTo(Errno.ENOSPC);
    }

    @Test
    void syncIsNeverAnsweredWithoutAFlush() {
        request(20, 16);
        dispatch();
        assertThat(io.only().what()).isEqualTo("flush");
        assertThat(replies.sent).isEmpty();
        // ENOSYS would make the kernel answer every later fsync with success by itself.
        io.only().done().complete(Errno.ENOSYS);
        assertThat(error(replies.only())).isEqualTo(Errno.EIO);
    }

    @Test
    void aPunchedHoleIsADiscardAndAZeroedRangeIsZeroed() {
        request(43, 32).putLong(0).putLong(512).putLong(1024).putInt(3);
        dispatch();
        assertThat(io.only().what()).isEqualTo("discard 512 1024");
        io.only().done().complete(0);
        io.requests.clear();
        request(43, 32).putLong(0).putLong(512).putLong(1024).putInt(0x11);
        dispatch();
        assertThat(io.only().what()).isEqualTo("zero 512 1024");
    }

    @Test
    void anyOtherAllocationIsRefused() {
        request(43, 32).putLong(0).putLong(0).putLong(512).putInt(0);
        assertThat(error(answer())).isEqualTo(Errno.EOPNOTSUPP);
    }

    @Test
    void whatIsNotServedAnswersEnosys() {
        request(22, 8);
        assertThat(error(answer())).isEqualTo(Errno.ENOSYS);
    }

    @Test
    void forgetsAreNotAnswered() {
        request(2, 8);
        dispatch();
        assertThat(replies.sent).isEmpty();
    }

    @Test
    void aSecondCompletionIsIgnored() {
        readRequest(0, 512);
        dispatch();
        io.only().done().complete(0);
        io.only().done().complete(Errno.EIO);
        assertThat(replies.sent).hasSize(1);
        assertThat(replies.held).isZero();
    }

    @Test
    void aBlockIoThatThrowsAnswersEio() {
        io.broken = true;
        readRequest(0, 512);
        assertThat(error(answer())).isEqualTo(Errno.EIO);
        assertThat(replies.held).isZero();
    }

    @Test
    void aRequestThatIsNotAsLongAsItSaysEndsTheConnection() {
        writeRequest(0, 512);
        ByteBuffer request = current();
        assertThatThrownBy(() -> server.handle(request, 100, replies))
                .isInstanceOf(IllegalStateException.class);
        request.putInt(FuseProtocol.REQUEST_AT + 40 + 16, 4096);
        int length = request.getInt(FuseProtocol.REQUEST_AT);
        assertThatThrownBy(() -> server.handle(request, length, replies))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("WRITE");
    }

    private @Nullable ByteBuffer next;

    /** Writes a request's header into a fresh buffer and stands at its argument. */
    private ByteBuffer request(int opcode, int argumentBytes) {
        ByteBuffer buffer = FuseProtocol.allocate(8192).position(FuseProtocol.REQUEST_AT);
        buffer.putInt(40 + argumentBytes).putInt(opcode).putLong(77).putLong(1);
        buffer.position(FuseProtocol.REQUEST_AT + 40);
        next = buffer;
        return buffer;
    }

    private void readRequest(long offset, int length) {
        request(15, 40).putLong(0).putLong(offset).putInt(length);
    }

    private void writeRequest(long offset, int length) {
        request(16, 40 + length).putLong(0).putLong(offset).putInt(length);
        for (int i = 0; i < length; i++) {
            current().put(FuseProtocol.DATA_AT + i, (byte) 9);
        }
    }

    private ByteBuffer current() {
        ByteBuffer buffer = next;
        if (buffer == null) {
            throw new AssertionError("no request was made");
        }
        return buffer;
    }

    private void dispatch() {
        server.handle(current(), current().getInt(FuseProtocol.REQUEST_AT), replies);
    }

    private ByteBuffer answer() {
        dispatch();
        return replies.only();
    }

    private static int error(ByteBuffer reply) {
        return -reply.getInt(4);
    }

    private static ByteBuffer buffer(Held held) {
        ByteBuffer buffer = held.buffer();
        if (buffer == null) {
            throw new AssertionError(held.what() + " has no buffer");
        }
        return buffer;
    }

    /** Keeps what was sent. */
    private static final class Replies implements ReplySink {
        final List<ByteBuffer> sent = new ArrayList<>();
        int held;

        @Override
        public void send(ByteBuffer reply) {
            ByteBuffer copy = ByteBuffer.allocate(reply.remaining()).order(ByteOrder.nativeOrder());
            sent.add(copy.put(reply.duplicate()).flip());
        }

        @Override
        public void retain() {
            held++;
        }

        @Override
        public void release() {
            held--;
        }

        ByteBuffer only() {
            assertThat(sent).hasSize(1);
            ByteBuffer reply = sent.getFirst();
            assertThat(reply.getInt(0)).isEqualTo(reply.remaining());
            assertThat(reply.getLong(8)).isEqualTo(77);
            return reply;
        }
    }

    private record Held(String what, @Nullable ByteBuffer buffer, IoCompletion done) {}

    /** Holds every request until the test completes it. */
    private static final class HeldIo implements BlockIo {
        final List<Held> requests = new ArrayList<>();
        boolean broken;

        Held only() {
            assertThat(requests).hasSize(1);
            return requests.getFirst();
        }

        @Override
        public long sizeBytes() {
            return SIZE;
        }

        @Override
        public int blockBytes() {
            return BLOCK;
        }

        @Override
        public void read(long offset, ByteBuffer into, IoCompletion done) {
            if (broken) {
                throw new IllegalStateException("broken on purpose");
            }
            requests.add(new Held("read " + offset + " " + into.remaining(), into, done));
        }

        @Override
        public void write(long offset, ByteBuffer from, IoCompletion done) {
            requests.add(new Held("write " + offset + " " + from.remaining(), from, done));
        }

        @Override
        public void flush(IoCompletion done) {
            requests.add(new Held("flush", null, done));
        }

        @Override
        public void discard(long offset, long length, IoCompletion done) {
            requests.add(new Held("discard " + offset + " " + length, null, done));
        }

        @Override
        public void writeZeroes(long offset, long length, IoCompletion done) {
            requests.add(new Held("zero " + offset + " " + length, null, done));
        }
    }
}
