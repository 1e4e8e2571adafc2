package dev.lunaria.iscsi.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The initiator's side of a negotiation, and both against each other (RFC 7143 §6.2). */
class NegotiationTest {

    /** RFC 7143 §6.2: a refused offer leaves the default. */
    @ParameterizedTest
    @ValueSource(strings = {"Reject", "Irrelevant", "NotUnderstood"})
    void refusedOfferLeavesTheDefault(String refusal) throws NegotiationException {
        Negotiation initiator = initiator();
        List<KeyValue> answers = new ArrayList<>();
        for (KeyValue offer : initiator.offers()) {
            if (!offer.key().equals("MaxRecvDataSegmentLength")) {
                answers.add(new KeyValue(offer.key(), refusal));
            }
        }

        assertThat(initiator.receive(answers)).isEmpty();
        assertThat(initiator.settled()).isTrue();
        assertThat(initiator.session())
                .isEqualTo(
                        new SessionParameters(
                                SessionType.NORMAL, true, true, 262144, 65536, 1, 2, 20, 1));
        assertThat(initiator.connection().maxSendDataSegmentLength()).isEqualTo(8192);
    }

    @ParameterizedTest
    @CsvSource({
        "HeaderDigest, SHA512",
        "MaxBurstLength, 17",
        "ImmediateData, Perhaps",
        "DefaultTime2Wait, 3601",
        "MaxOutstandingR2T, 0",
    })
    void answerThatCantBeEndsTheNegotiation(String key, String value) {
        Negotiation initiator = initiator();
        assertThat(initiator.offers()).isNotEmpty();

        assertThatThrownBy(() -> initiator.receive(List.of(new KeyValue(key, value))))
                .isInstanceOf(NegotiationException.class)
                .hasMessageContaining(key);
    }

    /** A target that says more than was asked: the result function holds all the same. */
    @ParameterizedTest
    @CsvSource({"MaxBurstLength, 16776192", "FirstBurstLength, 16776192"})
    void answerBeyondTheOfferDoesNotRaiseIt(String key, String value) throws NegotiationException {
        Negotiation initiator = initiator();
        assertThat(initiator.offers()).isNotEmpty();
        assertThat(initiator.receive(List.of(new KeyValue(key, value)))).isEmpty();

        assertThat(initiator.session().maxBurstLength()).isLessThanOrEqualTo(1 << 20);
        assertThat(initiator.session().firstBurstLength()).isLessThanOrEqualTo(1 << 18);
    }

    @Test
    void targetsOwnOfferIsAnswered() throws NegotiationException {
        Negotiation initiator = initiator();
        assertThat(initiator.offers()).isNotEmpty();

        assertThat(
                        initiator.receive(
                                List.of(
                                        new KeyValue("iSCSIProtocolLevel", "2"),
                                        new KeyValue("X-mine", "1"),
                                        new KeyValue("TargetAlias", "disk"))))
                .containsExactly(
                        new KeyValue("iSCSIProtocolLevel", "1"),
                        new KeyValue("X-mine", "NotUnderstood"));
        assertThat(initiator.name(Key.TARGET_ALIAS)).isEqualTo("disk");
    }

    @Test
    void initiatorsNameIsNotTheTargetsToSay() {
        assertThatThrownBy(
                        () -> initiator().receive(List.of(new KeyValue("InitiatorName", "iqn.x"))))
                .isInstanceOf(NegotiationException.class);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void bothSidesComeToTheSameParameters(long seed) throws NegotiationException {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            OperationalWants initiatorWants = wants(random);
            OperationalWants targetWants = wants(random);
            SessionType type = random.nextInt(5) == 0 ? SessionType.DISCOVERY : SessionType.NORMAL;
            Negotiation initiator =
                    new Negotiation(Negotiation.Role.INITIATOR, type, initiatorWants);
            Negotiation target = new Negotiation(Negotiation.Role.TARGET, type, targetWants);

            List<KeyValue> answers = target.receive(initiator.offers());
            assertThat(initiator.receive(answers)).isEmpty();

            assertThat(initiator.settled()).isTrue();
            assertThat(initiator.session()).isEqualTo(target.session());
            SessionParameters session = target.session();
            assertThat(session.firstBurstLength()).isLessThanOrEqualTo(session.maxBurstLength());
            if (type == SessionType.NORMAL) {
                assertThat(session.initialR2t())
                        .isEqualTo(initiatorWants.initialR2t() || targetWants.initialR2t());
                assertThat(session.immediateData())
                        .isEqualTo(initiatorWants.immediateData() && targetWants.immediateData());
            }
            assertThat(initiator.connection().digests()).isEqualTo(target.connection().digests());
            assertThat(initiator.connection().maxRecvDataSegmentLength())
                    .isEqualTo(target.connection().maxSendDataSegmentLength());
            assertThat(initiator.connection().maxSendDataSegmentLength())
                    .isEqualTo(target.connection().maxRecvDataSegmentLength());
        }
    }

    private static OperationalWants wants(SplittableRandom random) {
        int maxBurst = random.nextInt(512, 1 << 24);
        return new OperationalWants(
                random.nextBoolean()
                        ? DigestPreference.CRC32C_PREFERRED
                        : DigestPreference.NONE_PREFERRED,
                random.nextBoolean()
                        ? DigestPreference.CRC32C_PREFERRED
                        : DigestPreference.NONE_PREFERRED,
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(512, 1 << 24),
                maxBurst,
                random.nextInt(512, maxBurst + 1),
                random.nextInt(1, 65536),
                random.nextInt(3601),
                random.nextInt(3601));
    }

    private static Negotiation initiator() {
        return new Negotiation(
                Negotiation.Role.INITIATOR, SessionType.NORMAL, OperationalWants.forInitiator());
    }
}
