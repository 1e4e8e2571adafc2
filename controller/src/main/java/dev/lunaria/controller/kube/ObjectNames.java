package dev.lunaria.controller.kube;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The name of a document's object: different names give different objects, whatever characters they
 * hold. No state.
 *
 * <p>A DNS subdomain (RFC 1123, as Kubernetes has object names) of at most {@value #MAX_LENGTH}
 * characters stands for itself. Of any other name it is {@value #HASHED} and its SHA-256, and the
 * object's spec says the name itself; so does that of a name that already begins so.
 */
final class ObjectNames {

    /** What Kubernetes allows. */
    static final int MAX_LENGTH = 253;

    /** Begins the objects whose names aren't their documents'. */
    static final String HASHED = "hashed-";

    private static final Pattern SUBDOMAIN =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    private ObjectNames() {}

    static String of(String name) {
        return standsForItself(name) ? name : HASHED + sha256(name);
    }

    /** Whether the object is named as its document is. */
    static boolean standsForItself(String name) {
        return name.length() <= MAX_LENGTH
                && !name.startsWith(HASHED)
                && SUBDOMAIN.matcher(name).matches();
    }

    private static String sha256(String name) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
