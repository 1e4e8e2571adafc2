package dev.lunaria.iscsi.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The text format: {@code key=value} pairs, each ended by a NUL (RFC 7143 §6.1). Stateless. */
public final class TextKeys {
    /** Longest name of a key in bytes (RFC 7143 §6.1). */
    public static final int MAX_KEY_BYTES = 63;

    /** Longest value in bytes (RFC 7143 §6.1). */
    public static final int MAX_VALUE_BYTES = 8192;

    /** Pairs in one text: every key of the RFC twice over, and answers still fit in one PDU. */
    public static final int MAX_PAIRS = 64;

    private TextKeys() {}

    /**
     * Reads a whole text; NULs between pairs, as some put them at the end, are passed over.
     *
     * @param text from position to limit; not moved
     */
    public static List<KeyValue> parse(ByteBuffer text) throws NegotiationException {
        List<KeyValue> pairs = new ArrayList<>();
        int start = text.position();
        for (int i = start; i < text.limit(); i++) {
            if (text.get(i) != 0) {
                continue;
            }
            if (i > start) {
                if (pairs.size() == MAX_PAIRS) {
                    throw new NegotiationException("more than " + MAX_PAIRS + " keys in one text");
                }
                pairs.add(pair(text.slice(start, i - start)));
            }
            start = i + 1;
        }
        if (start != text.limit()) {
            throw new NegotiationException("the text does not end with a NUL");
        }
        return pairs;
    }

    private static KeyValue pair(ByteBuffer bytes) throws NegotiationException {
        int equals = 0;
        while (equals < bytes.limit() && bytes.get(equals) != '=') {
            byte b = bytes.get(equals);
            if (b <= ' ' || b == 0x7f) {
                throw new NegotiationException("a key's name has a character that it can't have");
            }
            equals++;
        }
        if (equals == 0 || equals > MAX_KEY_BYTES || equals == bytes.limit()) {
            throw new NegotiationException("a text without a key of 1 to 63 bytes before its '='");
        }
        String key = StandardCharsets.US_ASCII.decode(bytes.duplicate().limit(equals)).toString();
        if (bytes.limit() - equals - 1 > MAX_VALUE_BYTES) {
            throw new NegotiationException(key + " is longer than " + MAX_VALUE_BYTES + " bytes");
        }
        try {
            String value =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(bytes.position(equals + 1))
                            .toString();
            if (value.chars().anyMatch(Character::isISOControl)) {
                throw new NegotiationException(key + " has a control character");
            }
            return new KeyValue(key, value);
        } catch (CharacterCodingException e) {
            throw new NegotiationException(key + " is not UTF-8");
        }
    }

    /** Writes pairs; the result may be longer than a PDU takes. */
    public static ByteBuffer format(List<KeyValue> pairs) {
        StringBuilder text = new StringBuilder();
        for (KeyValue pair : pairs) {
            text.append(pair.key()).append('=').append(pair.value()).append('\0');
        }
        return StandardCharsets.UTF_8.encode(text.toString());
    }
}
