package dev.lunaria.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a target sends, the session ends the connection at worst, and no command ends twice. */
class InitiatorSessionFuzzTest {
    private static final int ROUNDS = 5_000;
    private static final int[] OPCODES = {0x20, 0x21, 0x22, 0x25, 0x26, 0x31, 0x32, 0x3f};

    @FuzzTest(maxDuration = "10s")
    void anyBytesAreAnswered(byte[] bytes) {
        play(bytes);
    }

    /** Headers that are nearly right get further than chance alone. */
    @Test
    void headersOfEveryKindWithAnyFieldsAreAnswered() {
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            ByteBuffer stream = ByteBuffer.allocate(2048);
            int pdus = 1 + random.nextInt(4);
            for (int i = 0; i < pdus; i++) {
                header(random, stream, i);
            }
            byte[] bytes = new byte[stream.position()];
            stream.flip().get(bytes);
            try {
                play(bytes);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    private static void header(Random random, ByteBuffer stream, int index) {
        int at = stream.position();
        int data = random.nextInt(3) == 0 ? random.nextInt(64) : 0;
        stream.put(at, (byte) OPCODES[random.nextInt(OPCODES.length)]);
        stream.put(at + 1, (byte) random.nextInt(256));
        stream.put(at + 2, (byte) (random.nextBoolean() ? 0 : random.nextInt(256)));
        stream.put(at + 3, (byte) (random.nextBoolean() ? 0 : random.nextInt(256)));
        stream.putInt(at + 4, data);
        for (int field = 16; field < 48; field += 4) {
            stream.putInt(at + field, number(random, index));
        }
        for (int i = 0; i < data; i++) {
            stream.put(at + 48 + i, (byte) random.nextInt(8));
        }
        stream.position(at + 48 + (data + 3) / 4 * 4);
    }

    /** Tags, sequence numbers and lengths that mean something, and some that don't. */
    private static int number(Random random, int index) {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextInt(6);
            case 1 -> 1001 + index;
            case 2 -> -1;
            case 3 -> random.nextInt(20_000);
            default -> random.nextInt();
        };
    }

    private static void play(byte[] bytes) {
        ScriptedTarget target = ScriptedTarget.online();
        Outcomes read = new Outcomes();
        Outcomes write = new Outcomes();
        ByteBuffer into = ByteBuffer.allocate(64);
        target.session.submit(ScsiRequest.reading(0, Outcomes.cdb(), into), read.next());
        ByteBuffer from = Outcomes.bytes(20_000);
        target.session.submit(ScsiRequest.writing(0, Outcomes.cdb(), from), write.next());
        PduDecoder<TargetPdu> decoder = PduDecoder.forInitiator();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            while (target.connected) {
                TargetPdu pdu = decoder.decode(in);
                if (pdu == null) {
                    break;
                }
                target.session.received(pdu);
            }
        } catch (ProtocolException e) {
            target.session.disconnected("rubbish");
        }
        target.pass(Duration.ofSeconds(1));
        target.session.fence("the end");
        assertThat(read.all).hasSize(1);
        assertThat(write.all).hasSize(1);
    }
}
