package dev.lunaria.iscsi.target;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import java.nio.ByteBuffer;

/** No bytes from a logged-in initiator may do more than a refusal or the connection's end. */
final class TargetConnectionFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void anyBytesInTheFullFeaturePhase(byte[] bytes) {
        Rig rig = new Rig(Rig.limits((bytes.length & 1) == 0, 1 + bytes.length % 3));
        PduDecoder<InitiatorPdu> decoder = PduDecoder.forTarget();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (!rig.out.closed) {
            try {
                InitiatorPdu pdu = decoder.decode(in);
                if (pdu == null) {
                    break;
                }
                rig.phase.receive(pdu);
            } catch (ProtocolException malformed) {
                rig.phase.malformed(malformed);
                if (!malformed.recoverable()) {
                    break;
                }
            }
            rig.out.sent.clear();
        }
        boolean[] drained = {false};
        rig.phase.end(false, () -> drained[0] = true);
        rig.device.dropAll();
        if (!drained[0] || rig.pool.used != 0) {
            throw new AssertionError("not drained: " + rig.pool.used + " bytes are out");
        }
    }
}
