package dev.lunaria.iscsi.text;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts together a text that came in several PDUs (the C bit, RFC 7143 §6.1).
 *
 * <p>Owned by one login or text exchange. Bounded by {@link #MAX_TEXT_BYTES}.
 */
public final class TextAssembly {
    /** Longest text over all its PDUs, in bytes. */
    public static final int MAX_TEXT_BYTES = 64 * 1024;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private ByteBuffer collected = NOTHING;

    /**
     * Takes the next PDU's data; copies what it has to keep.
     *
     * @param continued the C bit: more follows
     * @return the whole text, or null where more follows
     */
    public @Nullable ByteBuffer add(ByteBuffer data, boolean continued)
            throws NegotiationException {
        if (!continued && !collected.hasRemaining()) {
            return data;
        }
        int bytes = collected.remaining() + data.remaining();
        if (bytes > MAX_TEXT_BYTES) {
            throw new NegotiationException("a text of more than " + MAX_TEXT_BYTES + " bytes");
        }
        ByteBuffer longer = ByteBuffer.allocate(bytes);
        longer.put(collected).put(data.duplicate()).flip();
        collected = continued ? longer : NOTHING;
        return continued ? null : longer;
    }

    /** Whether a text has been begun and not ended. */
    public boolean open() {
        return collected.hasRemaining();
    }
}
