package dev.lunaria.iscsi.login;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.LoginAuthority.Decision;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.OperationalWants;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Whatever the other side says, a login ends: in an answer, a refusal, or a session. */
class LoginFuzzTest {
    private static final Key[] KEYS = Key.values();
    private static final String[] VALUES = {
        "None",
        "CHAP",
        "CHAP,None",
        "5",
        "7",
        "0x00",
        "0b",
        "Yes",
        "No",
        "512",
        "16777215",
        "iqn.a",
        "Normal",
        "Discovery",
        "Reject",
        "Irrelevant",
        "NotUnderstood",
        "CRC32C,None",
        ""
    };
    private static final ChapCredential USER =
            new ChapCredential("user", ChapSecret.of("a secret of 16 b"));
    private static final ChapCredential TARGET_USER =
            new ChapCredential("target", ChapSecret.of("another secret!!"));

    @FuzzTest(maxDuration = "60s")
    void anyRequestsEndInAStepAndNeverInASessionWithoutProof(FuzzedDataProvider input) {
        boolean closed = input.consumeBoolean();
        Decision decision =
                closed
                        ? new Decision.Granted(FixedAuthority.GRANT, USER, TARGET_USER)
                        : new Decision.Granted(FixedAuthority.GRANT, null, null);
        TargetLogin login =
                new TargetLogin(
                        new FixedAuthority(decision),
                        OperationalWants.forTarget(),
                        1,
                        32,
                        new SplittableRandom(1));
        for (int i = 0; i < 40 && input.remainingBytes() > 0; i++) {
            switch (login.receive(request(input))) {
                case TargetStep.Reply(LoginResponse response) ->
                        assertThat(response.data().remaining()).isLessThanOrEqualTo(8192);
                case TargetStep.Refused refused -> assertThat(refused.reason()).isNotBlank();
                case TargetStep.Established established -> {
                    assertThat(closed).isFalse();
                    assertThat(login.accept(1).data().remaining()).isLessThanOrEqualTo(8192);
                }
            }
        }
    }

    @FuzzTest(maxDuration = "60s")
    void anyResponsesEndInAStepAndNeverInASessionWithoutProof(FuzzedDataProvider input) {
        boolean mutual = input.consumeBoolean();
        InitiatorLogin login =
                new InitiatorLogin(
                        InitiatorLoginSettings.of(
                                "iqn.a",
                                "iqn.b",
                                1,
                                mutual ? USER : null,
                                mutual ? TARGET_USER : null),
                        new SplittableRandom(1));
        LoginRequest request = login.begin();
        for (int i = 0; i < 40 && input.remainingBytes() > 0; i++) {
            switch (login.receive(response(input, request))) {
                case InitiatorStep.Send(LoginRequest next) -> {
                    assertThat(next.data().remaining()).isLessThanOrEqualTo(8192);
                    request = next;
                }
                case InitiatorStep.Failed failed -> assertThat(failed.reason()).isNotBlank();
                case InitiatorStep.Established established -> assertThat(mutual).isFalse();
            }
        }
    }

    private static LoginRequest request(FuzzedDataProvider input) {
        boolean transit = input.consumeBoolean();
        boolean odd = input.consumeInt(0, 15) == 15;
        return new LoginRequest(
                transit,
                odd || (!transit && input.consumeInt(0, 7) == 7),
                odd ? input.consumeInt(0, 3) : input.consumeInt(0, 1),
                odd ? input.consumeInt(0, 3) : input.consumeBoolean() ? 1 : 3,
                0,
                odd ? 1 : 0,
                odd ? input.consumeLong() : 1,
                odd ? input.consumeInt(0, 65535) : 0,
                1,
                1,
                1,
                1,
                text(input));
    }

    private static LoginResponse response(FuzzedDataProvider input, LoginRequest request) {
        boolean transit = input.consumeBoolean();
        boolean odd = input.consumeInt(0, 15) == 15;
        return new LoginResponse(
                transit,
                odd && input.consumeBoolean(),
                odd ? input.consumeInt(0, 3) : request.currentStage(),
                odd ? input.consumeInt(0, 3) : request.nextStage(),
                0,
                odd ? input.consumeInt(0, 255) : 0,
                request.isid(),
                input.consumeInt(0, 65535),
                request.initiatorTaskTag(),
                input.consumeInt(),
                1,
                1,
                odd ? input.consumeInt(0, 255) : 0,
                odd ? input.consumeInt(0, 255) : 0,
                text(input));
    }

    private static ByteBuffer text(FuzzedDataProvider input) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int i = input.consumeInt(0, 6); i > 0; i--) {
            String pair = pair(input);
            if (pair == null) {
                text.writeBytes(input.consumeBytes(input.consumeInt(0, 40)));
            } else {
                text.writeBytes(pair.getBytes(StandardCharsets.UTF_8));
            }
        }
        return ByteBuffer.wrap(text.toByteArray());
    }

    private static @Nullable String pair(FuzzedDataProvider input) {
        if (input.consumeInt(0, 7) == 7) {
            return null;
        }
        String key = input.pickValue(KEYS).wire();
        String value =
                input.consumeBoolean()
                        ? input.pickValue(VALUES)
                        : input.consumeAsciiString(input.consumeInt(0, 40));
        return key + "=" + value + "\0";
    }
}
