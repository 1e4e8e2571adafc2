package dev.lunaria.target.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A command's buffer goes back with its last PDU, and so only when all of its bytes are out. */
final class OutboundBatchTest {
    private static final int HEADER = 48;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final OutboundBatch batch = new OutboundBatch(channel);
    private final AtomicInteger given = new AtomicInteger();

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private static DataIn segment(ByteBuffer data, int offset, boolean last) {
        return new DataIn(
                last,
                false,
                last,
                0,
                0,
                1,
                Pdu.RESERVED_TAG,
                1,
                1,
                1,
                0,
                offset,
                Residual.NONE,
                new Payload.Bytes(data));
    }

    private static TargetPdu checkCondition() {
        return new ScsiResponse(0, 2, 1, 0, 1, 1, 1, 1, Residual.NONE, Residual.NONE, Pdu.NO_DATA);
    }

    private static ByteBuffer data(int bytes, int value) {
        ByteBuffer data = ByteBuffer.allocateDirect(bytes);
        while (data.hasRemaining()) {
            data.put((byte) value);
        }
        return data.flip();
    }

    private byte[] out() {
        ByteBuffer all = ByteBuffer.allocate(1 << 20);
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            all.put(next.nioBuffer());
            next.release();
        }
        byte[] bytes = new byte[all.position()];
        all.flip().get(bytes);
        return bytes;
    }

    @Test
    void aSmallLastSegmentGivesTheBufferBackBehindTheLargeOnesBeforeIt() {
        // 264 KiB with a MaxRecvDataSegmentLength of 256 KiB: the tail is copied, the rest not.
        ByteBuffer first = data(256 << 10, 'a');
        batch.send(segment(first, 0, false), () -> {});
        batch.send(
                segment(data(8 << 10, 'b'), 256 << 10, true),
                () -> {
                    given.incrementAndGet();
                    // What the next read does with a buffer that is free again.
                    first.put(0, (byte) 'x');
                });
        assertThat(given).hasValue(0);
        batch.flush();
        assertThat(given).hasValue(1);
        byte[] sent = out();
        assertThat(sent).hasSize(HEADER + (256 << 10) + HEADER + (8 << 10));
        assertThat(sent[sent.length - 1]).isEqualTo((byte) 'b');
    }

    @Test
    void aStatusOfItsOwnGivesTheBufferBackBehindTheData() {
        batch.send(segment(data(64 << 10, 'a'), 0, false), () -> {});
        batch.send(checkCondition(), given::incrementAndGet);
        assertThat(given).hasValue(0);
        batch.flush();
        assertThat(given).hasValue(1);
    }

    @Test
    void whatWasCopiedIsGivenBackAtOnceWhenNothingUncopiedIsBeforeIt() {
        batch.send(segment(data(8 << 10, 'a'), 0, true), given::incrementAndGet);
        assertThat(given).hasValue(1);
        batch.send(segment(data(64 << 10, 'a'), 0, true), given::incrementAndGet);
        batch.flush();
        assertThat(given).hasValue(2);
        batch.send(segment(data(8 << 10, 'a'), 0, true), given::incrementAndGet);
        assertThat(given).hasValue(3);
    }

    @Test
    void aClosedConnectionGivesEveryBufferBackOnce() {
        batch.send(segment(data(64 << 10, 'a'), 0, false), () -> {});
        batch.send(segment(data(8 << 10, 'b'), 64 << 10, true), given::incrementAndGet);
        channel.close();
        batch.drop();
        assertThat(given).hasValue(1);
        batch.send(checkCondition(), given::incrementAndGet);
        assertThat(given).hasValue(2);
    }
}
