package dev.lunaria.controller.certificate;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes keys and certificates (RFC 5280): ECDSA with P-256 and SHA-256. Of one thread; keeps
 * nothing.
 */
public final class CertificateMaker {

    /** A certificate is valid a little before it is made: clocks differ. */
    static final Duration SKEW = Duration.ofMinutes(10);

    private static final String CURVE = "secp256r1";
    private static final String SIGNATURE = "SHA256withECDSA";

    /** Positive, and less than 20 octets (§4.1.2.2). */
    private static final int SERIAL_BITS = 127;

    private final SecureRandom random;

    public CertificateMaker(SecureRandom random) {
        this.random = random;
    }

    /** An authority that vouches for itself and for leaves alone. */
    KeyedCertificate authority(Instant now, Duration validity) {
        BigInteger serial = serial();
        // A name of its own: while two are believed, nobody takes one for the other.
        var name = new X500Principal("CN=lunaria " + serial.toString(Character.MAX_RADIX));
        KeyPair keys = keys();
        try {
            var extensions = new JcaX509ExtensionUtils();
            var builder =
                    new JcaX509v3CertificateBuilder(
                                    name,
                                    serial,
                                    Date.from(now.minus(SKEW)),
                                    Date.from(now.plus(validity)),
                                    name,
                                    keys.getPublic())
                            .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
                            .addExtension(
                                    Extension.keyUsage,
                                    true,
                                    new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))
                            .addExtension(
                                    Extension.subjectKeyIdentifier,
                                    false,
                                    extensions.createSubjectKeyIdentifier(keys.getPublic()));
            var signer = new JcaContentSignerBuilder(SIGNATURE).build(keys.getPrivate());
            return new KeyedCertificate(
                    new JcaX509CertificateConverter().getCertificate(builder.build(signer)),
                    keys.getPrivate());
        } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
            throw new IllegalStateException("every JDK has these algorithms", e);
        }
    }

    /** A certificate that the authority vouches for. */
    KeyedCertificate leaf(KeyedCertificate authority, Wanted wanted, Instant now) {
        X509Certificate issuer = authority.certificate();
        KeyPair keys = keys();
        try {
            var extensions = new JcaX509ExtensionUtils();
            var builder =
                    new JcaX509v3CertificateBuilder(
                                    issuer.getSubjectX500Principal(),
                                    serial(),
                                    Date.from(now.minus(SKEW)),
                                    Date.from(now.plus(wanted.validity())),
                                    // The name is in the alternative names; some are too long here.
                                    new X500Principal("CN=lunaria"),
                                    keys.getPublic())
                            .addExtension(
                                    Extension.basicConstraints, true, new BasicConstraints(false))
                            .addExtension(
                                    Extension.keyUsage,
                                    true,
                                    new KeyUsage(KeyUsage.digitalSignature))
                            .addExtension(
                                    Extension.extendedKeyUsage,
                                    false,
                                    new ExtendedKeyUsage(
                                            wanted.usages().stream()
                                                    .sorted()
                                                    .map(Usage::purpose)
                                                    .toArray(KeyPurposeId[]::new)))
                            .addExtension(
                                    Extension.subjectAlternativeName,
                                    false,
                                    new GeneralNames(
                                            new GeneralName(GeneralName.dNSName, wanted.host())))
                            .addExtension(
                                    Extension.authorityKeyIdentifier,
                                    false,
                                    extensions.createAuthorityKeyIdentifier(issuer.getPublicKey()))
                            .addExtension(
                                    Extension.subjectKeyIdentifier,
                                    false,
                                    extensions.createSubjectKeyIdentifier(keys.getPublic()));
            var signer = new JcaContentSignerBuilder(SIGNATURE).build(authority.key());
            return new KeyedCertificate(
                    new JcaX509CertificateConverter().getCertificate(builder.build(signer)),
                    keys.getPrivate());
        } catch (GeneralSecurityException | OperatorCreationException | CertIOException e) {
            throw new IllegalStateException("every JDK has these algorithms", e);
        }
    }

    private BigInteger serial() {
        return new BigInteger(SERIAL_BITS, random).setBit(0);
    }

    private KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }
}
