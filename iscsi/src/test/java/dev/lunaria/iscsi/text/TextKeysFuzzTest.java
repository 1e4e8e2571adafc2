package dev.lunaria.iscsi.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.List;

/** No text does more than a NegotiationException. */
class TextKeysFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void anyTextIsPairsOrANegotiationException(FuzzedDataProvider input) {
        try {
            List<KeyValue> pairs = TextKeys.parse(ByteBuffer.wrap(input.consumeRemainingAsBytes()));
            assertThat(TextKeys.parse(TextKeys.format(pairs))).isEqualTo(pairs);
        } catch (NegotiationException e) {
            assertThat(e.reason()).isNotBlank();
        }
    }

    @FuzzTest(maxDuration = "60s")
    void anyTextIsNegotiatedOrANegotiationException(FuzzedDataProvider input) {
        boolean initiator = input.consumeBoolean();
        Negotiation negotiation =
                new Negotiation(
                        initiator ? Negotiation.Role.INITIATOR : Negotiation.Role.TARGET,
                        input.consumeBoolean() ? SessionType.NORMAL : SessionType.DISCOVERY,
                        OperationalWants.forTarget());
        try {
            if (initiator) {
                assertThat(negotiation.offers()).isNotEmpty();
            }
            while (input.remainingBytes() > 0) {
                byte[] text = input.consumeBytes(input.consumeInt(1, 300));
                List<KeyValue> answers = negotiation.receive(TextKeys.parse(ByteBuffer.wrap(text)));
                assertThat(TextKeys.format(answers).remaining()).isLessThanOrEqualTo(8192);
            }
            assertThat(negotiation.session().firstBurstLength())
                    .isBetween(512, negotiation.session().maxBurstLength());
            assertThat(negotiation.connection().maxSendDataSegmentLength())
                    .isBetween(512, 0xffffff);
        } catch (NegotiationException e) {
            assertThat(e.reason()).isNotBlank();
        }
    }
}
