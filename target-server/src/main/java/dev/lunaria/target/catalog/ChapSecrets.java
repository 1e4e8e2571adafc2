package dev.lunaria.target.catalog;

/**
 * Both directions' CHAP secrets of one grant (RFC 7143 §12.1); never printed.
 *
 * @param initiatorSecret with which the initiator proves itself
 * @param targetSecret with which the target proves itself
 */
public record ChapSecrets(String initiatorSecret, String targetSecret) {

    /** Says nothing about the secrets. */
    @Override
    public String toString() {
        return "ChapSecrets[hidden]";
    }
}
