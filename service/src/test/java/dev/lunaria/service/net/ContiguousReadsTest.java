package dev.lunaria.service.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is left unread stands before what comes next, and nothing is lost or kept for ever. */
final class ContiguousReadsTest {
    private static final int READ = 1024;

    private final ContiguousReads reads = new ContiguousReads(READ);

    @SuppressWarnings("deprecation") // Handle is, its successor extends it
    private final RecvByteBufAllocator.Handle handle = reads.newHandle();

    /** What a channel does: allocates, and fills what the socket has. */
    private ByteBuf read(byte... brought) {
        ByteBuf buffer = handle.allocate(UnpooledByteBufAllocator.DEFAULT);
        assertThat(buffer.writableBytes()).isGreaterThanOrEqualTo(brought.length);
        return buffer.writeBytes(brought);
    }

    @Test
    void whatIsLeftStandsBeforeWhatTheNextReadBrings() {
        ByteBuf first = read((byte) 1, (byte) 2, (byte) 3);
        first.skipBytes(1);
        reads.done(first, 4);

        ByteBuf second = read((byte) 4, (byte) 5);

        assertThat(second.readableBytes()).isEqualTo(4);
        byte[] together = new byte[4];
        second.readBytes(together);
        assertThat(together).containsExactly(2, 3, 4, 5);
        reads.done(second, 0);
        assertThat(second.refCnt()).isZero();
    }

    @Test
    void aReadThatBringsNothingLosesNothing() {
        ByteBuf first = read((byte) 1, (byte) 2);
        reads.done(first, 4);

        // As Netty does after EAGAIN.
        handle.allocate(UnpooledByteBufAllocator.DEFAULT).release();

        ByteBuf second = read((byte) 3, (byte) 4);
        assertThat(second.readableBytes()).isEqualTo(4);
        second.skipBytes(4);
        reads.done(second, 0);
        assertThat(second.refCnt()).isZero();
    }

    @Test
    void aFewBytesThatAreLeftHoldNoLargeBuffer() {
        ByteBuf first = read(new byte[READ]);
        first.skipBytes(READ - 1);
        reads.done(first, READ);

        assertThat(first.refCnt()).isZero();
        ByteBuf second = read((byte) 7);
        assertThat(second.readableBytes()).isEqualTo(2);
        reads.done(second.skipBytes(2), 0);
    }

    @Test
    void memoryGrowsWithWhatHasArrivedNotWithWhatWasPromised() {
        reads.done(read(new byte[READ / 2]), 1 << 20);

        ByteBuf next = read();

        assertThat(next.capacity()).isLessThanOrEqualTo(2 * READ);
        reads.close();
        reads.done(next, 1 << 20);
        assertThat(next.refCnt()).isZero();
    }

    @Test
    void aClosedChannelLetsGoOfWhatWasLeft() {
        ByteBuf first = read((byte) 1);
        reads.done(first, 2);
        reads.close();
        assertThat(first.refCnt()).isZero();

        ByteBuf late = read((byte) 1);
        reads.done(late, 2);
        assertThat(late.refCnt()).isZero();
    }

    /** Pieces of any length in reads of any length come out as they went in. */
    @Test
    void piecesComeOutWholeHoweverTheyCome() {
        long seed = System.nanoTime();
        System.out.println("ContiguousReadsTest seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        byte sent = 0;
        byte expected = 0;
        int piece = 1 + random.nextInt(4 * READ);
        for (int i = 0; i < 2000; i++) {
            ByteBuf buffer = handle.allocate(UnpooledByteBufAllocator.DEFAULT);
            for (int n = random.nextInt(buffer.writableBytes() + 1); n > 0; n--) {
                buffer.writeByte(sent++);
            }
            while (buffer.readableBytes() >= piece) {
                byte[] whole = new byte[piece];
                for (int n = 0; n < piece; n++) {
                    whole[n] = expected++;
                }
                assertThat(buffer.readSlice(piece)).isEqualTo(Unpooled.wrappedBuffer(whole));
                piece = 1 + random.nextInt(4 * READ);
            }
            reads.done(buffer, buffer.isReadable() ? piece : 0);
        }
        reads.close();
    }
}
