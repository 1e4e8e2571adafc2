package dev.lunaria.controller.certificate;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** When a certificate is made anew. Of one thread; keeps nothing. */
public final class Renewal {

    /** Renewed when less than this part of its time is left: time for several attempts. */
    private static final int PART_LEFT = 3;

    private static final Integer DNS_NAME = 2; // RFC 5280 §4.2.1.6, GeneralName

    private final CertificateMaker maker;

    public Renewal(CertificateMaker maker) {
        this.maker = maker;
    }

    /** The certificate as it is to be now: the one that is there, or another. */
    public KeyedCertificate of(
            Optional<KeyedCertificate> there, Wanted wanted, Authorities authorities, Instant now) {
        return there.filter(one -> isGood(one, wanted, authorities.current().certificate(), now))
                .orElseGet(() -> maker.leaf(authorities.current(), wanted, now));
    }

    private static boolean isGood(
            KeyedCertificate there, Wanted wanted, X509Certificate authority, Instant now) {
        X509Certificate certificate = there.certificate();
        Instant end = certificate.getNotAfter().toInstant();
        Duration whole = Duration.between(certificate.getNotBefore().toInstant(), end);
        return now.isBefore(end.minus(whole.dividedBy(PART_LEFT)))
                && isSignedBy(certificate, authority)
                && isPair(there)
                && names(certificate).equals(Set.of(wanted.host()))
                && usages(certificate).equals(purposes(wanted));
    }

    private static boolean isSignedBy(X509Certificate certificate, X509Certificate authority) {
        try {
            certificate.verify(authority.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static boolean isPair(KeyedCertificate there) {
        byte[] probe = {1};
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(there.key());
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(there.certificate());
            signature.update(probe);
            return signature.verify(signed);
        } catch (InvalidKeyException e) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has ECDSA", e);
        }
    }

    private static Set<String> names(X509Certificate certificate) {
        var names = new HashSet<String>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
                if (DNS_NAME.equals(name.getFirst()) && name.get(1) instanceof String dns) {
                    names.add(dns);
                }
            }
        } catch (CertificateParsingException e) {
            return Set.of();
        }
        return names;
    }

    private static Set<String> usages(X509Certificate certificate) {
        try {
            List<String> usages = certificate.getExtendedKeyUsage();
            return usages == null ? Set.of() : Set.copyOf(usages);
        } catch (CertificateParsingException e) {
            return Set.of();
        }
    }

    private static Set<String> purposes(Wanted wanted) {
        var purposes = new HashSet<String>();
        wanted.usages().forEach(usage -> purposes.add(usage.purpose().getId()));
        return purposes;
    }
}
