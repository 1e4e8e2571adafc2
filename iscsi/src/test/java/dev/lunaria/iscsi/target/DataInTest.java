package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Data-In: RFC 7143 §11.7, §11.4.5. */
final class DataInTest {

    @Test
    void dataIsCutIntoSegmentsAndBurstsWithTheStatusInTheLast() {
        // MaxRecvDataSegmentLength 3000, MaxBurstLength 8192.
        Rig rig = new Rig(new SessionLimits(3000, 8192, 4096, true, true, 1));
        ByteBuffer stored = Rig.pattern(20480, 1);
        stored.get(0, rig.device.bytes, 0, 20480);
        ScsiCommand read = rig.read(0, 40, 20480);
        rig.phase.receive(read);
        rig.device.finishOne();
        ByteBuffer got = ByteBuffer.allocate(20480);
        int dataSn = 0;
        while (got.hasRemaining()) {
            DataIn in = rig.out.next(DataIn.class);
            int length = in.payload().length();
            assertThat(length).isPositive().isLessThanOrEqualTo(3000);
            assertThat(in.bufferOffset()).isEqualTo(got.position());
            assertThat(in.dataSn()).isEqualTo(dataSn++);
            assertThat(in.targetTransferTag()).isEqualTo(Pdu.RESERVED_TAG);
            got.put(((Payload.Bytes) in.payload()).buffer().duplicate());
            assertThat(in.last()).isEqualTo(got.position() % 8192 == 0 || !got.hasRemaining());
            assertThat(in.withStatus()).isEqualTo(!got.hasRemaining());
            if (in.withStatus()) {
                assertThat(in.statSn()).isEqualTo(Rig.FIRST_STAT_SN);
                assertThat(in.residual()).isEqualTo(Residual.NONE);
            }
        }
        assertThat(got.flip()).isEqualTo(stored);
        rig.out.assertNothing();
        assertThat(rig.device.released).isEqualTo(1);
    }

    @Test
    void residualsSayHowFarAReadDiffered() {
        Rig rig = new Rig(Rig.limits(true, 1));
        rig.phase.receive(rig.read(0, 2, 512));
        rig.device.finishOne();
        DataIn cut = rig.out.next(DataIn.class);
        assertThat(cut.payload().length()).isEqualTo(512);
        assertThat(cut.residual()).isEqualTo(new Residual(Residual.Kind.OVERFLOW, 512));
        rig.phase.receive(rig.read(0, 1, 2048));
        rig.device.finishOne();
        assertThat(rig.out.next(DataIn.class).residual())
                .isEqualTo(new Residual(Residual.Kind.UNDERFLOW, 1536));
        rig.phase.receive(rig.read(0, 1, 0));
        rig.device.finishOne();
        assertThat(rig.out.next(ScsiResponse.class).residual())
                .isEqualTo(new Residual(Residual.Kind.OVERFLOW, 512));
        assertThat(rig.device.released).isEqualTo(3);
    }

    @Test
    void readsWaitWhileTheOutboundIsFull() {
        Rig rig = new Rig(Rig.limits(true, 1));
        rig.out.writable = false;
        rig.phase.receive(rig.read(0, 1, 512));
        rig.phase.receive(rig.read(1, 1, 512));
        assertThat(rig.device.running).isEmpty();
        rig.out.writable = true;
        rig.phase.writable();
        assertThat(rig.device.running).hasSize(2);
        rig.device.finishAll();
        rig.out.next(DataIn.class);
        rig.out.next(DataIn.class);
    }

    @Test
    void readsInProgressAreBoundedInBytes() {
        Rig rig = new Rig(Rig.limits(true, 1));
        int expected = CommandFlow.READ_LIMIT / 2 + 512;
        rig.phase.receive(rig.read(0, 1, expected));
        rig.phase.receive(rig.read(1, 1, expected));
        assertThat(rig.device.running).hasSize(1);
        rig.device.finishOne();
        assertThat(rig.device.running).hasSize(1);
        rig.device.finishOne();
        assertThat(rig.out.sent).hasSize(2);
    }
}
