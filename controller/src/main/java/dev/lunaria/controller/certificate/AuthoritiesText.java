package dev.lunaria.controller.certificate;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@link Authorities} as named texts, the entries of a Secret. No state. */
public final class AuthoritiesText {

    private static final String CURRENT = "ca";
    private static final String NEXT = "next";
    private static final String PREVIOUS = "previous.crt";
    private static final String CERTIFICATE = ".crt";
    private static final String KEY = ".key";

    private AuthoritiesText() {}

    public static Map<String, String> write(Authorities authorities) {
        var texts = new TreeMap<String, String>();
        put(texts, CURRENT, authorities.current());
        authorities.next().ifPresent(next -> put(texts, NEXT, next));
        if (!authorities.previous().isEmpty()) {
            texts.put(PREVIOUS, Pem.certificates(authorities.previous()));
        }
        return texts;
    }

    /** {@link GeneralSecurityException} where they can't be read. */
    public static Authorities read(Map<String, String> texts) throws GeneralSecurityException {
        Optional<KeyedCertificate> next =
                texts.containsKey(NEXT + CERTIFICATE)
                        ? Optional.of(keyed(texts, NEXT))
                        : Optional.empty();
        String previous = texts.getOrDefault(PREVIOUS, "");
        List<X509Certificate> before = previous.isEmpty() ? List.of() : Pem.certificates(previous);
        return new Authorities(keyed(texts, CURRENT), next, before);
    }

    private static void put(Map<String, String> texts, String name, KeyedCertificate one) {
        texts.put(name + CERTIFICATE, Pem.certificates(List.of(one.certificate())));
        texts.put(name + KEY, Pem.key(one.key()));
    }

    private static KeyedCertificate keyed(Map<String, String> texts, String name)
            throws GeneralSecurityException {
        return Pem.keyed(
                texts.getOrDefault(name + CERTIFICATE, ""), texts.getOrDefault(name + KEY, ""));
    }
}
