package dev.lunaria.iscsi.chap;

import dev.lunaria.iscsi.text.BinaryValue;
import dev.lunaria.iscsi.text.Key;
import dev.lunaria.iscsi.text.KeyValue;
import dev.lunaria.iscsi.text.NegotiationException;
import java.util.List;
import java.util.Map;

/** CHAP's keys as values (RFC 7143 §12.1.3). Stateless. */
final class ChapKeys {
    /** AuthMethod's value for CHAP (RFC 7143 §12.1). */
    static final String CHAP = "CHAP";

    private ChapKeys() {}

    static String require(Map<Key, String> keys, Key key) throws AuthenticationException {
        String value = keys.get(key);
        if (value == null) {
            throw new AuthenticationException(key.wire() + " is missing");
        }
        return value;
    }

    static byte[] binary(Map<Key, String> keys, Key key) throws AuthenticationException {
        try {
            return BinaryValue.parse(require(keys, key));
        } catch (NegotiationException e) {
            throw new AuthenticationException(key.wire() + ": " + e.reason());
        }
    }

    static ChapChallenge challenge(ChapAlgorithm algorithm, Map<Key, String> keys)
            throws AuthenticationException {
        String identifier = require(keys, Key.CHAP_I);
        return ChapChallenge.received(algorithm, identifier(identifier), binary(keys, Key.CHAP_C));
    }

    private static int identifier(String value) throws AuthenticationException {
        try {
            boolean hexadecimal = value.startsWith("0x") || value.startsWith("0X");
            int identifier =
                    hexadecimal
                            ? Integer.parseInt(value.substring(2), 16)
                            : Integer.parseInt(value);
            if (identifier >= 0 && identifier <= 255) {
                return identifier;
            }
        } catch (NumberFormatException e) {
            throw new AuthenticationException("CHAP_I is not a number");
        }
        throw new AuthenticationException("CHAP_I is not 0 to 255");
    }

    static List<KeyValue> pairs(ChapChallenge challenge) {
        return List.of(
                Key.CHAP_I.with(String.valueOf(challenge.identifier())),
                Key.CHAP_C.with(BinaryValue.format(challenge.bytes())));
    }

    static List<KeyValue> pairs(ChapCredential credential, ChapChallenge challenge) {
        return List.of(
                Key.CHAP_N.with(credential.name()),
                Key.CHAP_R.with(BinaryValue.format(challenge.response(credential.secret()))));
    }
}
