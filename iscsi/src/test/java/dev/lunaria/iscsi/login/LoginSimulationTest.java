package dev.lunaria.iscsi.login;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.LoginAuthority.Decision;
import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.text.OperationalWants;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logins over a wire that changes bytes: they end, and a wrong secret never ends in a session. */
class LoginSimulationTest {
    private static final int LOGINS = 1500;
    private static final ChapCredential USER =
            new ChapCredential("user", ChapSecret.of("a secret of 16 b"));
    private static final ChapCredential WRONG =
            new ChapCredential("user", ChapSecret.of("a guess of 16 by"));
    private static final ChapCredential TARGET_USER =
            new ChapCredential("target", ChapSecret.of("another secret!!"));

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void everyLoginEnds(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int sessions = 0;
        for (int i = 0; i < LOGINS; i++) {
            boolean entitled = random.nextBoolean();
            if (login(entitled, random)) {
                assertThat(entitled).isTrue();
                sessions++;
            }
        }
        assertThat(sessions).isGreaterThan(LOGINS / 10);
    }

    /** Returns whether the target let the initiator in. */
    private static boolean login(boolean entitled, SplittableRandom random) {
        InitiatorLogin initiator =
                new InitiatorLogin(
                        InitiatorLoginSettings.of(
                                "iqn.a",
                                "iqn.b",
                                1,
                                entitled ? USER : WRONG,
                                random.nextBoolean() ? TARGET_USER : null),
                        random.split());
        TargetLogin target =
                new TargetLogin(
                        new FixedAuthority(
                                new Decision.Granted(FixedAuthority.GRANT, USER, TARGET_USER)),
                        OperationalWants.forTarget(),
                        1,
                        32,
                        random.split());
        InitiatorPdu request = initiator.begin();
        for (int i = 0; i < 100; i++) {
            InitiatorPdu arrived = send(request, PduDecoder.forTarget(), random);
            if (arrived == null) {
                return false;
            }
            TargetPdu response;
            switch (target.receive(arrived)) {
                case TargetStep.Reply reply -> response = reply.response();
                case TargetStep.Refused refused -> {
                    return false;
                }
                case TargetStep.Established established -> {
                    return target.accept(1).transit();
                }
            }
            TargetPdu answered = send(response, PduDecoder.forInitiator(), random);
            if (answered == null
                    || !(initiator.receive(answered) instanceof InitiatorStep.Send send)) {
                return false;
            }
            request = send.request();
        }
        throw new AssertionError("the login does not end");
    }

    private static <P extends Pdu> @Nullable P send(
            Pdu pdu, PduDecoder<P> decoder, SplittableRandom random) {
        PduEncoder encoder = new PduEncoder();
        encoder.negotiated(Digests.NONE);
        ByteBuffer wire = ByteBuffer.allocate(encoder.encodedBytes(pdu));
        encoder.encode(pdu, wire);
        wire.flip();
        if (random.nextInt(4) == 0) {
            int at = random.nextInt(wire.limit());
            wire.put(at, (byte) (wire.get(at) ^ (1 << random.nextInt(8))));
        }
        try {
            return decoder.decode(wire);
        } catch (ProtocolException e) {
            return null;
        }
    }
}
