package dev.lunaria.service.secret;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * CHAP secrets (RFC 7143 §12.1) of one grant, derived from the installation's key by HKDF-SHA-256
 * (RFC 5869). Stateless, for any thread.
 *
 * <p>The controller gives the result to the target with the grant and the node derives its own, so
 * that nothing secret is sent to the node or stored there. Each secret has {@link #SECRET_BYTES}
 * bytes of entropy, written as Base64url text.
 */
public final class ChapSecretDerivation {
    /** Entropy of a secret in bytes: 192 bits; RFC 7143 §9.2.1 asks for 96, we for 128. */
    public static final int SECRET_BYTES = 24;

    private static final byte[] SALT = "lunaria/chap/v1".getBytes(StandardCharsets.US_ASCII);

    private ChapSecretDerivation() {}

    /** Who proves itself with the secret. */
    private enum Direction {
        INITIATOR,
        TARGET
    }

    /**
     * What a pair of secrets belongs to.
     *
     * @param clusterId id of the cluster
     * @param volumeId {@code <pool>/<lun>}
     * @param node the node's name
     * @param epoch of the grant
     */
    public record Grant(String clusterId, String volumeId, String node, long epoch) {}

    /** Both directions' secrets of a grant. */
    public record Secrets(Secret initiator, Secret target) {}

    /** Derives both secrets of a grant from one of the installation's keys. */
    public static Secrets derive(Secret key, Grant grant) {
        return new Secrets(
                derive(key, grant, Direction.INITIATOR), derive(key, grant, Direction.TARGET));
    }

    private static Secret derive(Secret key, Grant grant, Direction direction) {
        try {
            byte[] output =
                    KDF.getInstance("HKDF-SHA256")
                            .deriveData(
                                    HKDFParameterSpec.ofExtract()
                                            .addIKM(key.reveal())
                                            .addSalt(SALT)
                                            .thenExpand(info(grant, direction), SECRET_BYTES));
            return Secret.of(Base64.getUrlEncoder().withoutPadding().encodeToString(output));
        } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
            throw new IllegalStateException("this JDK has no HKDF-SHA256", e);
        }
    }

    /** Each part behind its length, so that no two grants give the same bytes. */
    private static byte[] info(Grant grant, Direction direction) {
        var bytes = new ByteArrayOutputStream();
        for (String part :
                new String[] {
                    grant.clusterId(),
                    grant.volumeId(),
                    grant.node(),
                    Long.toUnsignedString(grant.epoch()),
                    direction.name()
                }) {
            byte[] encoded = part.getBytes(StandardCharsets.UTF_8);
            bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(encoded.length).array());
            bytes.writeBytes(encoded);
        }
        return bytes.toByteArray();
    }
}
