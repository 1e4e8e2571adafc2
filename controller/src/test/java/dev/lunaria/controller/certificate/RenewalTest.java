package dev.lunaria.controller.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A certificate is renewed in time, and where it isn't the one that is wanted. */
final class RenewalTest {

    private static final Instant START = Instant.parse("2026-11-27T06:00:00Z");
    private static final Wanted WANTED =
            new Wanted("storage1.lunaria-system.svc", Set.of(Usage.SERVER), Duration.ofDays(90));

    private final CertificateMaker maker = new CertificateMaker(new SecureRandom());
    private final Renewal renewal = new Renewal(maker);
    private final Authorities authorities = Authorities.first(maker, START);
    private final KeyedCertificate there = renewal.of(Optional.empty(), WANTED, authorities, START);

    private KeyedCertificate at(Wanted wanted, Instant now) {
        return renewal.of(Optional.of(there), wanted, authorities, now);
    }

    @Test
    void aGoodOneStays() {
        assertThat(at(WANTED, START)).isEqualTo(there);
        assertThat(at(WANTED, START.plus(Duration.ofDays(59)))).isEqualTo(there);
    }

    @Test
    void withAThirdLeftItIsRenewed() {
        KeyedCertificate renewed = at(WANTED, START.plus(Duration.ofDays(61)));

        assertThat(renewed).isNotEqualTo(there);
        assertThat(renewed.certificate().getNotAfter().toInstant())
                .isEqualTo(START.plus(Duration.ofDays(61 + 90)));
    }

    @Test
    void oneForAnotherHostOrUseIsMadeAnew() {
        assertThat(at(new Wanted("other", WANTED.usages(), WANTED.validity()), START))
                .isNotEqualTo(there);
        assertThat(
                        at(
                                new Wanted(
                                        WANTED.host(),
                                        Set.of(Usage.SERVER, Usage.CLIENT),
                                        WANTED.validity()),
                                START))
                .isNotEqualTo(there);
    }

    @Test
    void oneOfAnotherAuthorityIsMadeAnew() {
        var others = Authorities.first(maker, START);

        assertThat(renewal.of(Optional.of(there), WANTED, others, START)).isNotEqualTo(there);
    }

    @Test
    void oneWithTheKeyOfAnotherIsMadeAnew() {
        KeyedCertificate other = renewal.of(Optional.empty(), WANTED, authorities, START);
        var mixed = new KeyedCertificate(there.certificate(), other.key());

        assertThat(renewal.of(Optional.of(mixed), WANTED, authorities, START)).isNotEqualTo(mixed);
    }

    @Test
    void aKeyIsReadAsItWasWritten() throws Exception {
        KeyedCertificate read =
                Pem.keyed(
                        Pem.certificates(java.util.List.of(there.certificate())),
                        Pem.key(there.key()));

        assertThat(at(WANTED, START)).isEqualTo(there);
        assertThat(read.certificate()).isEqualTo(there.certificate());
        assertThat(read.key().getEncoded()).isEqualTo(there.key().getEncoded());
    }
}
