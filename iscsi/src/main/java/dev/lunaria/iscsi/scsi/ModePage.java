package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;

/**
 * Mode pages (SPC-4 §7.5, SBC-3 §6.4) with the fields that Lunaria's units have; the others are
 * zero. Immutable.
 */
public sealed interface ModePage {

    /** Page code that asks for all pages. */
    int ALL_PAGES = 0x3f;

    /** PAGE CODE field. */
    int code();

    /** Page code, page length and parameters: from position 0 to limit. */
    ByteBuffer encode();

    private static ByteBuffer page(int code, int bodyBytes) {
        return ByteBuffer.allocate(2 + bodyBytes).put(0, (byte) code).put(1, (byte) bodyBytes);
    }

    /**
     * Read-write error recovery, 01h (SBC-3 §6.4.7).
     *
     * @param automaticReallocation AWRE and ARRE
     */
    record ErrorRecovery(boolean automaticReallocation) implements ModePage {
        public static final int CODE = 0x01;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            return page(CODE, 10).put(2, (byte) (automaticReallocation ? 0xc0 : 0));
        }
    }

    /**
     * Caching, 08h (SBC-3 §6.4.5).
     *
     * @param writeCacheEnabled WCE: GOOD doesn't mean durable before SYNCHRONIZE CACHE
     * @param readCacheDisabled RCD
     */
    record Caching(boolean writeCacheEnabled, boolean readCacheDisabled) implements ModePage {
        public static final int CODE = 0x08;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            int flags = (writeCacheEnabled ? 0x04 : 0) | (readCacheDisabled ? 0x01 : 0);
            return page(CODE, 18).put(2, (byte) flags);
        }

        /** Reads the page from its page code on; what is cut off reads as zeros. */
        public static Caching parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, 3);
            return new Caching((in.get(2) & 0x04) != 0, (in.get(2) & 0x01) != 0);
        }
    }

    /**
     * Control, 0Ah (SPC-4 §7.5.10).
     *
     * @param descriptorSense D_SENSE: sense data in descriptor format
     * @param unrestrictedReordering QUEUE ALGORITHM MODIFIER 1
     * @param writeProtect SWP: software write protect
     * @param taskAbortedStatus TAS: what another nexus aborts is answered TASK ABORTED
     */
    record Control(
            boolean descriptorSense,
            boolean unrestrictedReordering,
            boolean writeProtect,
            boolean taskAbortedStatus)
            implements ModePage {
        public static final int CODE = 0x0a;

        private static final int DESCRIPTOR_SENSE = 0x04;
        private static final int WRITE_PROTECT = 0x08;
        private static final int TASK_ABORTED_STATUS = 0x40;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            return page(CODE, 10)
                    .put(2, (byte) (descriptorSense ? DESCRIPTOR_SENSE : 0))
                    .put(3, (byte) (unrestrictedReordering ? 0x10 : 0))
                    .put(4, (byte) (writeProtect ? WRITE_PROTECT : 0))
                    .put(5, (byte) (taskAbortedStatus ? TASK_ABORTED_STATUS : 0));
        }

        /** Reads the page from its page code on; what is cut off reads as zeros. */
        public static Control parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, 6);
            return new Control(
                    (in.get(2) & DESCRIPTOR_SENSE) != 0,
                    (in.get(3) & 0xf0) == 0x10,
                    (in.get(4) & WRITE_PROTECT) != 0,
                    (in.get(5) & TASK_ABORTED_STATUS) != 0);
        }
    }

    /** Informational exceptions control, 1Ch (SBC-3 §6.4.6): none are reported. */
    record InformationalExceptions() implements ModePage {
        public static final int CODE = 0x1c;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            return page(CODE, 10);
        }
    }

    /**
     * Logical block provisioning, 1Ch/02h (SBC-3 §6.4.9), with one threshold: a soft one of the
     * space that is still available, armed as that decreases.
     *
     * @param thresholdSets of 2^n logical blocks, n as VPD page B2h says, unsigned 32 bits; 0: none
     */
    record BlockProvisioning(long thresholdSets) implements ModePage {
        public static final int CODE = 0x1c;
        public static final int SUBPAGE = 0x02;

        private static final int SUBPAGE_FORMAT = 0x40;
        private static final int HEADER_BYTES = 4;
        private static final int BODY_BYTES = 20;
        private static final int DESCRIPTOR_AT = 16;
        private static final int ENABLED = 0x80;
        private static final int AVAILABLE = 0x01;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            ByteBuffer out =
                    ByteBuffer.allocate(HEADER_BYTES + BODY_BYTES)
                            .put(0, (byte) (SUBPAGE_FORMAT | CODE))
                            .put(1, (byte) SUBPAGE)
                            .putShort(2, (short) BODY_BYTES);
            if (thresholdSets != 0) {
                out.put(DESCRIPTOR_AT, (byte) ENABLED)
                        .put(DESCRIPTOR_AT + 1, (byte) AVAILABLE)
                        .putInt(DESCRIPTOR_AT + 4, (int) thresholdSets);
            }
            return out;
        }
    }
}
