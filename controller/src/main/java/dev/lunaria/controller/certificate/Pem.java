package dev.lunaria.controller.certificate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys as text (RFC 7468). No state. */
public final class Pem {

    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

    private static final int LINE = 64;

    private Pem() {}

    /** Certificates, one behind the other. */
    public static String certificates(List<X509Certificate> certificates) {
        var text = new StringBuilder();
        try {
            for (X509Certificate certificate : certificates) {
                text.append(block("CERTIFICATE", certificate.getEncoded()));
            }
        } catch (CertificateException e) {
            throw new IllegalStateException("it was made or read just now", e);
        }
        return text.toString();
    }

    /** A private key, PKCS#8. */
    public static String key(PrivateKey key) {
        return block("PRIVATE KEY", key.getEncoded());
    }

    /** The certificates of a text; none where there are none in it. */
    static List<X509Certificate> certificates(String text) throws CertificateException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(text.getBytes(US_ASCII)))
                .stream()
                .map(X509Certificate.class::cast)
                .toList();
    }

    /** A certificate, the first of its text, with its key. */
    public static KeyedCertificate keyed(String certificate, String key)
            throws GeneralSecurityException {
        List<X509Certificate> chain = certificates(certificate);
        if (chain.isEmpty()) {
            throw new CertificateException("there is no certificate in it");
        }
        return new KeyedCertificate(chain.getFirst(), privateKey(key));
    }

    private static PrivateKey privateKey(String text) throws GeneralSecurityException {
        Matcher found = PRIVATE_KEY.matcher(text);
        if (!found.find()) {
            throw new InvalidKeyException("there is no PKCS#8 key in it");
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(found.group(1));
            return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (IllegalArgumentException e) {
            // Without the cause: its message could quote the key.
            throw new InvalidKeyException("the key isn't Base64");
        }
    }

    private static String block(String label, byte[] encoded) {
        String text = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(encoded);
        return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(label, text);
    }
}
