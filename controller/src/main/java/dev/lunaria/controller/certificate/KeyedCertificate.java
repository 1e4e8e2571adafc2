package dev.lunaria.controller.certificate;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;

/** A certificate with its private key. Immutable. */
public record KeyedCertificate(X509Certificate certificate, PrivateKey key) {

    /** Without the key. */
    @Override
    public String toString() {
        return certificate.getSubjectX500Principal() + " until " + certificate.getNotAfter();
    }
}
