package dev.lunaria.controller.certificate;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who vouches for the certificates of an installation, before, now and next. Immutable.
 *
 * <p>An authority changes so that at no moment two programs don't believe each other: the next one
 * is believed by all for {@link #SETTLE} before it signs anything, and the one before for as long
 * as it is valid.
 *
 * @param current who signs
 * @param next who will, once all believe it
 * @param previous who signed before and is believed still
 */
public record Authorities(
        KeyedCertificate current, Optional<KeyedCertificate> next, List<X509Certificate> previous) {

    /** How long an authority is valid. */
    static final Duration LIFETIME = Duration.ofDays(3650);

    /** With so much of it left its successor is made: more than any certificate it signs lasts. */
    static final Duration SUCCEED = Duration.ofDays(900);

    /** So long all have time to read of the next one, before it signs. */
    static final Duration SETTLE = Duration.ofDays(2);

    public Authorities {
        previous = List.copyOf(previous);
    }

    /** The first ones. */
    public static Authorities first(CertificateMaker maker, Instant now) {
        return new Authorities(maker.authority(now, LIFETIME), Optional.empty(), List.of());
    }

    /** Who is to be believed, the one that signs first. */
    public List<X509Certificate> believed() {
        var believed = new ArrayList<X509Certificate>();
        believed.add(current.certificate());
        next.map(KeyedCertificate::certificate).ifPresent(believed::add);
        believed.addAll(previous);
        return believed;
    }

    /** As they are to be now; the same where nothing is due. */
    public Authorities at(CertificateMaker maker, Instant now) {
        Optional<KeyedCertificate> successor = next.filter(one -> isValid(one.certificate(), now));
        if (successor.isPresent() && mayBegin(successor.get(), now)) {
            return new Authorities(
                    successor.get(), Optional.empty(), validAmong(everyoneBefore(), now));
        }
        if (!isValid(current.certificate(), now)) {
            // Nobody has looked for years: nothing that was signed is valid any more.
            return first(maker, now);
        }
        boolean alone =
                successor.isEmpty() && end(current.certificate()).minus(SUCCEED).isBefore(now);
        return new Authorities(
                current,
                alone ? Optional.of(maker.authority(now, LIFETIME)) : successor,
                validAmong(previous, now));
    }

    private boolean mayBegin(KeyedCertificate successor, Instant now) {
        return !made(successor.certificate()).plus(SETTLE).isAfter(now)
                || !isValid(current.certificate(), now);
    }

    private List<X509Certificate> everyoneBefore() {
        var all = new ArrayList<X509Certificate>();
        all.add(current.certificate());
        all.addAll(previous);
        return all;
    }

    private static List<X509Certificate> validAmong(List<X509Certificate> some, Instant now) {
        return some.stream().filter(one -> isValid(one, now)).toList();
    }

    private static boolean isValid(X509Certificate certificate, Instant now) {
        return end(certificate).isAfter(now);
    }

    private static Instant made(X509Certificate certificate) {
        return certificate.getNotBefore().toInstant().plus(CertificateMaker.SKEW);
    }

    private static Instant end(X509Certificate certificate) {
        return certificate.getNotAfter().toInstant();
    }
}
