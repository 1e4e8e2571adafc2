package dev.lunaria.service.net;

import dev.lunaria.service.cli.StartupException;
import io.grpc.util.CertificateUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * PEM files of one end of a mutual TLS connection. Immutable.
 *
 * @param ca certificates of the authorities whose peers are believed
 * @param certificate own certificate, then the chain
 * @param key own private key, PKCS#8 without a password
 */
public record TlsFiles(Path ca, Path certificate, Path key) {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");
    private static final List<String> KEY_ALGORITHMS = List.of("EC", "RSA", "EdDSA");

    /** What the files hold: certificates are arrays in Java's TLS. */
    @SuppressWarnings("ArrayRecordComponent")
    record Contents(X509Certificate[] authorities, X509Certificate[] chain, PrivateKey key) {}

    /** Tells one version of the files from another. */
    record Stamp(List<String> versions) {}

    /**
     * The files that the settings --tls-ca, --tls-certificate and --tls-key name; empty where none
     * is given.
     *
     * @throws StartupException where only some are given
     */
    public static Optional<TlsFiles> ofSettings(
            @Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
        return ofSettings("--tls", ca, certificate, key);
    }

    /** As above, for settings with another beginning than "--tls". */
    public static Optional<TlsFiles> ofSettings(
            String prefix, @Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
        if (ca == null && certificate == null && key == null) {
            return Optional.empty();
        }
        if (ca == null || certificate == null || key == null) {
            throw new StartupException(
                    "%1$s-ca, %1$s-certificate and %1$s-key go together: give all three"
                            .formatted(prefix));
        }
        return Optional.of(new TlsFiles(ca, certificate, key));
    }

    /** Which version of the files is there; also where one is missing. */
    Stamp stamp() {
        List<String> versions = new ArrayList<>();
        for (Path file : List.of(ca, certificate, key)) {
            try {
                BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
                versions.add(now.lastModifiedTime() + " " + now.size() + " " + now.fileKey());
            } catch (IOException e) {
                versions.add("missing");
            }
        }
        return new Stamp(List.copyOf(versions));
    }

    /**
     * Reads them, and sees that key and certificate belong together.
     *
     * @throws StartupException where they can't be used
     */
    Contents read() {
        for (Path file : List.of(ca, certificate, key)) {
            if (!Files.isReadable(file)) {
                throw new StartupException("cannot read the TLS file " + file);
            }
        }
        try (InputStream authorities = Files.newInputStream(ca);
                InputStream chain = Files.newInputStream(certificate)) {
            var contents =
                    new Contents(
                            certificates(authorities),
                            certificates(chain),
                            privateKey(Files.readString(key, StandardCharsets.US_ASCII)));
            requirePair(contents);
            return contents;
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(e);
        }
    }

    StartupException unusable(Exception cause) {
        return new StartupException(
                "the TLS files %s, %s, %s aren't usable: %s"
                        .formatted(ca, certificate, key, cause.getMessage()),
                cause);
    }

    static X509Certificate[] certificates(InputStream pem) throws CertificateException {
        X509Certificate[] certificates = CertificateUtils.getX509Certificates(pem);
        if (certificates.length == 0) {
            throw new CertificateException("there is no certificate in it");
        }
        return certificates;
    }

    /** RFC 5958 in the textual form of RFC 7468 §10; which algorithm it is for, it says itself. */
    private static PrivateKey privateKey(String pem) throws GeneralSecurityException {
        Matcher found = PRIVATE_KEY.matcher(pem);
        if (!found.find()) {
            throw new InvalidKeyException("the key isn't PKCS#8 without a password, PEM");
        }
        var encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(found.group(1)));
        var tried = new InvalidKeyException("the key is for none of " + KEY_ALGORITHMS);
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (InvalidKeySpecException e) {
                tried.addSuppressed(e);
            }
        }
        throw tried;
    }

    /** Half of a rotation, the one file new and the other old, must not be taken over. */
    private static void requirePair(Contents contents) throws GeneralSecurityException {
        String algorithm =
                switch (contents.key().getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "EdDSA";
                };
        byte[] probe = "lunaria".getBytes(StandardCharsets.US_ASCII);
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(contents.key());
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(contents.chain()[0]);
        signature.update(probe);
        if (!signature.verify(signed)) {
            throw new InvalidKeyException("the key isn't the certificate's");
        }
    }
}
