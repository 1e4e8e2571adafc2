package dev.lunaria.iscsi.pdu;

import java.nio.ByteBuffer;

/**
 * The data segment of a Data-In PDU: bytes in memory, or a region that the transport may send
 * without reading it.
 *
 * <p>Immutable; whoever sends it last releases what stands behind it.
 */
public sealed interface Payload {

    /** Length in bytes. */
    int length();

    /** A part of it: {@code length} bytes from {@code offset}. */
    Payload slice(int offset, int length);

    /** Bytes from position to limit; not moved. */
    record Bytes(ByteBuffer buffer) implements Payload {
        @Override
        public int length() {
            return buffer.remaining();
        }

        @Override
        public Payload slice(int offset, int length) {
            return new Bytes(buffer.slice(buffer.position() + offset, length));
        }
    }

    /**
     * Bytes that are elsewhere, a file for instance; only the transport knows how to send the
     * region.
     *
     * @param region what the store handed out
     * @param offset in bytes from the region's start
     */
    record External(Region region, int offset, int length) implements Payload {
        @Override
        public Payload slice(int from, int bytes) {
            return new External(region, offset + from, bytes);
        }
    }

    /** Where an external payload's bytes are; implemented by the store. */
    interface Region {}
}
