package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu.ReadyToTransfer;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Data-Out: RFC 7143 §4.2.5.2, §11.7, §11.8, §13.10 to §13.17. */
final class DataOutTest {

    private static void assertWritten(Rig rig, int lba, ByteBuffer data) {
        int from = lba * MemoryDevice.BLOCK;
        byte[] written = Arrays.copyOfRange(rig.device.bytes, from, from + data.remaining());
        assertThat(ByteBuffer.wrap(written)).isEqualTo(data);
    }

    private static void assertGood(ScsiResponse response, ScsiCommand command) {
        assertThat(response.status()).isZero();
        assertThat(response.initiatorTaskTag()).isEqualTo(command.initiatorTaskTag());
        assertThat(response.residual()).isEqualTo(Residual.NONE);
    }

    @Test
    void immediateDataNeedsNoR2t() {
        Rig rig = new Rig(Rig.limits(true, 1));
        ByteBuffer data = Rig.pattern(1024, 1);
        ScsiCommand write = rig.write(3, 2, 1024, true, data);
        rig.phase.receive(write);
        rig.device.finishOne();
        assertGood(rig.out.next(ScsiResponse.class), write);
        assertWritten(rig, 3, data);
        assertThat(rig.pool.used).isZero();
    }

    @Test
    void solicitedDataComesInSequencesOfMaxBurstLength() {
        Rig rig = new Rig(Rig.limits(true, 1));
        ByteBuffer data = Rig.pattern(20480, 2);
        ScsiCommand write = rig.write(0, 40, 20480, true, data.slice(0, 1024));
        rig.phase.receive(write);
        int at = 1024;
        for (int sn = 0; at < 20480; sn++) {
            ReadyToTransfer r2t = rig.out.next(ReadyToTransfer.class);
            rig.out.assertNothing();
            assertThat(r2t.r2tSn()).isEqualTo(sn);
            assertThat(r2t.bufferOffset()).isEqualTo(at);
            assertThat(r2t.desiredDataTransferLength()).isEqualTo(Math.min(8192, 20480 - at));
            assertThat(r2t.statSn()).isEqualTo(Rig.FIRST_STAT_SN);
            rig.answer(r2t, data, 3000);
            at += r2t.desiredDataTransferLength();
        }
        rig.device.finishOne();
        ScsiResponse response = rig.out.next(ScsiResponse.class);
        assertGood(response, write);
        assertThat(response.statSn()).isEqualTo(Rig.FIRST_STAT_SN);
        assertWritten(rig, 0, data);
    }

    @Test
    void maxOutstandingR2tSequencesAreAskedForAtOnce() {
        Rig rig = new Rig(Rig.limits(true, 2));
        ByteBuffer data = Rig.pattern(24576, 3);
        rig.phase.receive(rig.write(0, 48, 24576, true, Pdu.NO_DATA));
        ReadyToTransfer first = rig.out.next(ReadyToTransfer.class);
        ReadyToTransfer second = rig.out.next(ReadyToTransfer.class);
        rig.out.assertNothing();
        rig.answer(first, data, 4096);
        ReadyToTransfer third = rig.out.next(ReadyToTransfer.class);
        rig.answer(second, data, 4096);
        rig.answer(third, data, 4096);
        rig.device.finishOne();
        assertWritten(rig, 0, data);
    }

    @Test
    void unsolicitedDataIsTakenUpToFirstBurstAndTheRestAskedFor() {
        Rig rig = new Rig(Rig.limits(false, 1));
        ByteBuffer data = Rig.pattern(6144, 4);
        ScsiCommand write = rig.write(0, 12, 6144, false, data.slice(0, 1024));
        rig.phase.receive(write);
        rig.out.assertNothing();
        int tag = write.initiatorTaskTag();
        rig.phase.receive(Rig.data(tag, Pdu.RESERVED_TAG, false, 0, 1024, data.slice(1024, 2048)));
        rig.phase.receive(Rig.data(tag, Pdu.RESERVED_TAG, true, 1, 3072, data.slice(3072, 1024)));
        ReadyToTransfer r2t = rig.out.next(ReadyToTransfer.class);
        assertThat(r2t.bufferOffset()).isEqualTo(4096);
        rig.answer(r2t, data, 4096);
        rig.device.finishOne();
        assertGood(rig.out.next(ScsiResponse.class), write);
        assertWritten(rig, 0, data);
    }

    @Test
    void unsolicitedDataThatWasNotNegotiatedEndsTheCommand() {
        Rig rig = new Rig(Rig.limits(true, 1));
        rig.phase.receive(rig.write(0, 2, 1024, false, Pdu.NO_DATA));
        assertSense(rig.out.next(ScsiResponse.class), 0x0b, 0x0c0c);
        rig.phase.receive(rig.write(0, 64, 32768, true, Rig.pattern(8192, 1)));
        assertSense(rig.out.next(ScsiResponse.class), 0x0b, 0x0c0d);
        assertThat(rig.device.running).isEmpty();
    }

    static void assertSense(ScsiResponse response, int key, int codes) {
        assertThat(response.status()).isEqualTo(2);
        assertThat(response.data().getShort(0)).isEqualTo((short) 18);
        assertThat(response.data().get(4)).isEqualTo((byte) key);
        assertThat(response.data().getShort(14)).isEqualTo((short) codes);
    }

    @Test
    void dataSnAndOffsetOutOfOrderEndTheCommandAndTheRestIsThrownAway() {
        Rig rig = new Rig(Rig.limits(true, 1));
        ByteBuffer data = Rig.pattern(4096, 5);
        for (int[] wrong : new int[][] {{1, 0, 0x4b00}, {0, 512, 0x4b05}}) {
            ScsiCommand write = rig.write(0, 8, 4096, true, Pdu.NO_DATA);
            rig.phase.receive(write);
            ReadyToTransfer r2t = rig.out.next(ReadyToTransfer.class);
            int tag = write.initiatorTaskTag();
            int transferTag = r2t.targetTransferTag();
            rig.phase.receive(
                    Rig.data(tag, transferTag, false, wrong[0], wrong[1], data.slice(0, 512)));
            assertSense(rig.out.next(ScsiResponse.class), 0x0b, wrong[2]);
            rig.phase.receive(Rig.data(tag, transferTag, true, 2, 512, data.slice(512, 512)));
            rig.out.assertNothing();
        }
        assertThat(rig.device.running).isEmpty();
        assertThat(rig.pool.used).isZero();
    }

    @Test
    void aSequenceShorterOrLongerThanItsR2tEndsTheCommand() {
        for (int bytes : new int[] {512, 8192}) {
            Rig rig = new Rig(Rig.limits(true, 1));
            ScsiCommand write = rig.write(0, 8, 4096, true, Pdu.NO_DATA);
            rig.phase.receive(write);
            int transferTag = rig.out.next(ReadyToTransfer.class).targetTransferTag();
            rig.phase.receive(
                    Rig.data(
                            write.initiatorTaskTag(),
                            transferTag,
                            true,
                            0,
                            0,
                            Rig.pattern(bytes, 6)));
            assertSense(rig.out.next(ScsiResponse.class), 0x0b, 0x0c0d);
        }
    }

    @Test
    void refusedCommandsDataIsThrownAway() {
        Rig rig = new Rig(Rig.limits(false, 1));
        rig.device.refusing = true;
        ScsiCommand write = rig.write(0, 4, 2048, false, Rig.pattern(512, 1));
        rig.phase.receive(write);
        ScsiResponse response = rig.out.next(ScsiResponse.class);
        assertThat(response.status()).isEqualTo(0x18);
        rig.phase.receive(
                Rig.data(
                        write.initiatorTaskTag(),
                        Pdu.RESERVED_TAG,
                        true,
                        0,
                        512,
                        Rig.pattern(1536, 2)));
        rig.out.assertNothing();
        assertThat(rig.device.released).isEqualTo(1);
    }

    @Test
    void withoutMemoryThereIsNoR2tUntilSomeIsGivenBack() {
        Rig rig = new Rig(Rig.limits(true, 1), new SessionBounds(8, 8192), 1 << 20);
        ByteBuffer data = Rig.pattern(8192, 7);
        rig.phase.receive(rig.write(0, 16, 8192, true, Pdu.NO_DATA));
        ReadyToTransfer first = rig.out.next(ReadyToTransfer.class);
        ScsiCommand second = rig.write(16, 16, 8192, true, data.slice(0, 4096));
        rig.phase.receive(second);
        rig.out.assertNothing();
        rig.answer(first, data, 8192);
        rig.device.finishOne();
        // The buffer is given back before the answer goes out, and granted at once.
        ReadyToTransfer r2t = rig.out.next(ReadyToTransfer.class);
        rig.out.next(ScsiResponse.class);
        assertThat(r2t.initiatorTaskTag()).isEqualTo(second.initiatorTaskTag());
        assertThat(r2t.bufferOffset()).isEqualTo(4096);
        rig.answer(r2t, data, 8192);
        rig.device.finishOne();
        assertGood(rig.out.next(ScsiResponse.class), second);
        assertWritten(rig, 16, data);
        assertThat(rig.pool.largest).isEqualTo(8192);
    }

    @Test
    void aCommandLongerThanTheLimitGetsItsMemoryAlone() {
        Rig rig = new Rig(Rig.limits(true, 1), new SessionBounds(8, 1024), 1 << 20);
        rig.phase.receive(rig.write(0, 16, 8192, true, Pdu.NO_DATA));
        rig.out.next(ReadyToTransfer.class);
    }

    @Test
    void residualsSayHowFarAWriteDiffered() {
        Rig rig = new Rig(Rig.limits(true, 1));
        ByteBuffer data = Rig.pattern(1024, 8);
        // Less is written than was announced: the rest is not asked for.
        rig.phase.receive(rig.write(0, 1, 1024, true, data));
        assertThat(rig.device.running.element().dataOut().remaining()).isEqualTo(512);
        rig.device.finishOne();
        assertThat(rig.out.next(ScsiResponse.class).residual())
                .isEqualTo(new Residual(Residual.Kind.UNDERFLOW, 512));
        // More would be written than was announced.
        rig.phase.receive(rig.write(0, 4, 1024, true, data));
        assertThat(rig.device.running.element().dataOut().remaining()).isEqualTo(1024);
        rig.device.finishOne();
        assertThat(rig.out.next(ScsiResponse.class).residual())
                .isEqualTo(new Residual(Residual.Kind.OVERFLOW, 1024));
    }

    @Test
    void aWriteWithoutTheWriteBitIsRefused() {
        Rig rig = new Rig(Rig.limits(true, 1));
        rig.phase.receive(
                rig.command(
                        true, false, true, 512, Rig.cdb(MemoryDevice.WRITE_10, 0, 1), Pdu.NO_DATA));
        assertSense(rig.out.next(ScsiResponse.class), 0x05, 0x0e03);
    }
}
