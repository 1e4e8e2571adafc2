package dev.lunaria.controller.certificate;

import org.bouncycastle.asn1.x509.KeyPurposeId;

/** What a certificate may be shown for (RFC 5280 §4.2.1.12). */
public enum Usage {
    SERVER,
    CLIENT;

    KeyPurposeId purpose() {
        return switch (this) {
            case SERVER -> KeyPurposeId.id_kp_serverAuth;
            case CLIENT -> KeyPurposeId.id_kp_clientAuth;
        };
    }
}
