package dev.lunaria.controller.certificate;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An authority changes so that at no moment two programs don't believe each other. */
final class AuthoritiesTest {

    private static final Instant START = Instant.parse("2026-11-27T06:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);
    private static final Wanted WANTED =
            new Wanted("a.example.org", Set.of(Usage.SERVER), Duration.ofDays(90));

    private final CertificateMaker maker = new CertificateMaker(new SecureRandom());
    private final Authorities first = Authorities.first(maker, START);

    private static Instant dayOf(Authorities authorities, Duration before) {
        return authorities.current().certificate().getNotAfter().toInstant().minus(before);
    }

    @Test
    void nothingIsDueForYears() {
        assertThat(first.at(maker, START)).isEqualTo(first);
        assertThat(first.at(maker, START.plus(Duration.ofDays(2000)))).isEqualTo(first);
    }

    @Test
    void theNextIsBelievedBeforeItSigns() {
        Instant due = dayOf(first, Authorities.SUCCEED).plus(DAY);
        Authorities both = first.at(maker, due);

        assertThat(both.current()).isEqualTo(first.current());
        assertThat(both.next()).isPresent();
        assertThat(both.believed())
                .containsExactly(
                        first.current().certificate(), both.next().orElseThrow().certificate());
        assertThat(both.at(maker, due.plus(DAY))).isEqualTo(both);
    }

    @Test
    void theOneBeforeIsBelievedAsLongAsItIsValid() {
        Instant due = dayOf(first, Authorities.SUCCEED).plus(DAY);
        Authorities both = first.at(maker, due);
        Authorities after = both.at(maker, due.plus(Authorities.SETTLE));

        assertThat(after.current()).isEqualTo(both.next().orElseThrow());
        assertThat(after.next()).isEmpty();
        assertThat(after.previous()).containsExactly(first.current().certificate());
        assertThat(after.believed())
                .containsExactly(
                        both.next().orElseThrow().certificate(), first.current().certificate());
        assertThat(after.at(maker, dayOf(first, DAY.negated())).previous()).isEmpty();
    }

    /** Run day by day for thirty years: whoever reads late by a day is still believed. */
    @Test
    void onNoDayIsACertificateSignedByWhomNobodyBelievedTheDayBefore() {
        Authorities yesterday = first;
        int changes = 0;
        for (int day = 1; day < 30 * 365; day++) {
            Authorities today = yesterday.at(maker, START.plus(DAY.multipliedBy(day)));
            X509Certificate signer = today.current().certificate();
            assertThat(yesterday.believed()).as("day %d", day).contains(signer);
            assertThat(today.believed())
                    .as("day %d", day)
                    .contains(yesterday.current().certificate());
            changes += today.current().equals(yesterday.current()) ? 0 : 1;
            yesterday = today;
        }
        assertThat(changes).isEqualTo(3);
    }

    @Test
    void whatNobodyHasLookedAtForTooLongIsMadeAnew() {
        Instant late = dayOf(first, DAY.negated());
        Authorities anew = first.at(maker, late);

        assertThat(anew.current()).isNotEqualTo(first.current());
        assertThat(anew.believed()).containsExactly(anew.current().certificate());
    }

    @Test
    void theyAreReadAsTheyWereWritten() throws Exception {
        Instant due = dayOf(first, Authorities.SUCCEED).plus(DAY);
        Authorities both = first.at(maker, due);
        Authorities after = both.at(maker, due.plus(Authorities.SETTLE));

        for (Authorities one : Set.of(first, both, after)) {
            Map<String, String> texts = AuthoritiesText.write(one);
            assertThat(AuthoritiesText.write(AuthoritiesText.read(texts))).isEqualTo(texts);
            assertThat(AuthoritiesText.read(texts).believed()).isEqualTo(one.believed());
        }
    }

    /**
     * RFC 5280 §6.1, as the JDK checks it, and no longer chains than that of an authority and a
     * leaf.
     */
    @Test
    void whatItSignsIsValidAtTheJdk() throws Exception {
        KeyedCertificate leaf = maker.leaf(first.current(), WANTED, START);

        leaf.certificate().verify(first.current().certificate().getPublicKey());
        assertThat(first.current().certificate().getBasicConstraints()).isZero();
        assertThat(leaf.certificate().getBasicConstraints()).isEqualTo(-1);
        assertThat(leaf.certificate().getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(leaf.toString()).doesNotContain("PRIVATE");
    }
}
