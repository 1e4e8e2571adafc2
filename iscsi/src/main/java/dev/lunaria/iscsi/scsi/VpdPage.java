package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Vital product data pages (SPC-4 §7.8, SBC-3 §6.5), and the vendor page of the format state.
 * Immutable.
 *
 * <p>Each page has a {@code parse} that takes the page from its header on; what is cut off reads as
 * zeros.
 */
public sealed interface VpdPage
        permits VpdPage.SupportedPages,
                VpdPage.UnitSerialNumber,
                VpdPage.DeviceIdentification,
                VpdPage.ExtendedInquiry,
                VpdPage.BlockLimits,
                VpdPage.BlockDeviceCharacteristics,
                VpdPage.LogicalBlockProvisioning,
                FormatStatePage {

    /** Length of the header in bytes. */
    int HEADER_BYTES = 4;

    /** PAGE CODE field. */
    int code();

    /** The page with its header, of a connected disk: from position 0 to limit. */
    ByteBuffer encode();

    /** An empty page with its header filled in. */
    private static ByteBuffer page(int code, int bodyBytes) {
        return ByteBuffer.allocate(HEADER_BYTES + bodyBytes)
                .put(1, (byte) code)
                .putShort(2, (short) bodyBytes);
    }

    /** Where the page ends: what its header says, or the data where that is shorter. */
    private static int end(ByteBuffer in) {
        return Math.min(in.limit(), HEADER_BYTES + (in.getShort(2) & 0xffff));
    }

    /** Supported VPD pages, 00h (SPC-4 §7.8.16); in ascending order. */
    record SupportedPages(List<Integer> codes) implements VpdPage {
        public static final int CODE = 0x00;

        public SupportedPages {
            codes = List.copyOf(codes);
        }

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            ByteBuffer out = page(CODE, codes.size());
            for (int i = 0; i < codes.size(); i++) {
                out.put(HEADER_BYTES + i, codes.get(i).byteValue());
            }
            return out;
        }

        public static SupportedPages parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, HEADER_BYTES);
            var codes = new ArrayList<Integer>();
            for (int i = HEADER_BYTES; i < end(in); i++) {
                codes.add(in.get(i) & 0xff);
            }
            return new SupportedPages(codes);
        }
    }

    /** Unit serial number, 80h (SPC-4 §7.8.18): ASCII; Lunaria's is the LUN's UUID. */
    record UnitSerialNumber(String serialNumber) implements VpdPage {
        public static final int CODE = 0x80;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            ByteBuffer out = page(CODE, serialNumber.length());
            AsciiField.put(out, HEADER_BYTES, serialNumber.length(), serialNumber, ' ');
            return out;
        }

        public static UnitSerialNumber parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, HEADER_BYTES);
            return new UnitSerialNumber(
                    AsciiField.get(in, HEADER_BYTES, end(in) - HEADER_BYTES).strip());
        }
    }

    /** Device identification, 83h (SPC-4 §7.8.6). */
    record DeviceIdentification(List<Designator> designators) implements VpdPage {
        public static final int CODE = 0x83;

        public DeviceIdentification {
            designators = List.copyOf(designators);
        }

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            int bytes = designators.stream().mapToInt(Designator::encodedBytes).sum();
            ByteBuffer out = page(CODE, bytes).position(HEADER_BYTES);
            designators.forEach(designator -> designator.encode(out));
            return out.clear();
        }

        public static DeviceIdentification parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, HEADER_BYTES);
            in.limit(end(in)).position(HEADER_BYTES);
            var designators = new ArrayList<Designator>();
            while (in.remaining() >= HEADER_BYTES) {
                designators.add(Designator.parse(in));
            }
            return new DeviceIdentification(designators);
        }
    }

    /**
     * Extended INQUIRY data, 86h (SPC-4 §7.8.7).
     *
     * @param headOfQueueAndSimple HEADSUP and SIMPSUP; ORDSUP is never set
     * @param volatileCache V_SUP: there is a volatile cache
     */
    record ExtendedInquiry(boolean headOfQueueAndSimple, boolean volatileCache) implements VpdPage {
        public static final int CODE = 0x86;

        private static final int BODY_BYTES = 60;
        private static final int HEAD_AND_SIMPLE = 0x05;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            ByteBuffer out = page(CODE, BODY_BYTES);
            out.put(5, (byte) (headOfQueueAndSimple ? HEAD_AND_SIMPLE : 0));
            out.put(6, (byte) (volatileCache ? 0x01 : 0));
            return out;
        }

        public static ExtendedInquiry parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, HEADER_BYTES + BODY_BYTES);
            return new ExtendedInquiry(
                    (in.get(5) & HEAD_AND_SIMPLE) == HEAD_AND_SIMPLE, (in.get(6) & 0x01) != 0);
        }
    }

    /**
     * Block limits, B0h (SBC-3 §6.5.3). Lengths in logical blocks, unsigned 32 bits; 0: no limit
     * reported.
     *
     * @param writeSameNonZero WSNZ: WRITE SAME of zero blocks is refused
     * @param maximumCompareAndWrite of COMPARE AND WRITE; 0: not supported
     * @param optimalGranularity preferred multiple of a transfer
     * @param maximumTransfer of READ, WRITE, VERIFY and their like
     * @param optimalTransfer preferred length of a transfer
     * @param maximumPrefetch of PRE-FETCH
     * @param maximumUnmapBlocks of all descriptors of one UNMAP
     * @param maximumUnmapDescriptors of one UNMAP
     * @param unmapGranularity preferred multiple of UNMAP
     * @param unmapAlignment address of the first granule
     * @param maximumWriteSame of WRITE SAME, unsigned 64 bits
     */
    record BlockLimits(
            boolean writeSameNonZero,
            int maximumCompareAndWrite,
            int optimalGranularity,
            int maximumTransfer,
            int optimalTransfer,
            int maximumPrefetch,
            int maximumUnmapBlocks,
            int maximumUnmapDescriptors,
            int unmapGranularity,
            int unmapAlignment,
            long maximumWriteSame)
            implements VpdPage {
        public static final int CODE = 0xb0;

        private static final int BODY_BYTES = 60;
        private static final int ALIGNMENT_VALID = 0x80000000;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            ByteBuffer out = page(CODE, BODY_BYTES);
            out.put(4, (byte) (writeSameNonZero ? 1 : 0));
            out.put(5, (byte) maximumCompareAndWrite);
            out.putShort(6, (short) optimalGranularity);
            out.putInt(8, maximumTransfer);
            out.putInt(12, optimalTransfer);
            out.putInt(16, maximumPrefetch);
            out.putInt(20, maximumUnmapBlocks);
            out.putInt(24, maximumUnmapDescriptors);
            out.putInt(28, unmapGranularity);
            out.putInt(32, ALIGNMENT_VALID | unmapAlignment);
            out.putLong(36, maximumWriteSame);
            return out;
        }

        public static BlockLimits parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, HEADER_BYTES + BODY_BYTES);
            return new BlockLimits(
                    (in.get(4) & 1) != 0,
                    in.get(5) & 0xff,
                    in.getShort(6) & 0xffff,
                    in.getInt(8),
                    in.getInt(12),
                    in.getInt(16),
                    in.getInt(20),
                    in.getInt(24),
                    in.getInt(28),
                    in.getInt(32) & ~ALIGNMENT_VALID,
                    in.getLong(36));
        }
    }

    /**
     * Block device characteristics, B1h (SBC-3 §6.5.2).
     *
     * @param rotationRate 0 not reported, 1 not rotating, else per minute
     */
    record BlockDeviceCharacteristics(int rotationRate) implements VpdPage {
        public static final int CODE = 0xb1;

        private static final int BODY_BYTES = 60;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            return page(CODE, BODY_BYTES).putShort(4, (short) rotationRate);
        }

        public static BlockDeviceCharacteristics parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, HEADER_BYTES + BODY_BYTES);
            return new BlockDeviceCharacteristics(in.getShort(4) & 0xffff);
        }
    }

    /**
     * Logical block provisioning, B2h (SBC-3 §6.5.4).
     *
     * @param unmap LBPU: UNMAP is supported
     * @param writeSame16 LBPWS: WRITE SAME(16) with UNMAP is supported
     * @param writeSame10 LBPWS10: WRITE SAME(10) with UNMAP is supported
     * @param readsZeros LBPRZ: unmapped blocks read as zeros
     * @param anchor ANC_SUP
     * @param provisioningType 1 resource, 2 thin
     * @param thresholdExponent thresholds count sets of 2^n logical blocks; 0: there are none
     */
    record LogicalBlockProvisioning(
            boolean unmap,
            boolean writeSame16,
            boolean writeSame10,
            boolean readsZeros,
            boolean anchor,
            int provisioningType,
            int thresholdExponent)
            implements VpdPage {
        public static final int CODE = 0xb2;
        public static final int THIN = 2;

        private static final int BODY_BYTES = 4;

        @Override
        public int code() {
            return CODE;
        }

        @Override
        public ByteBuffer encode() {
            int flags =
                    (unmap ? 0x80 : 0)
                            | (writeSame16 ? 0x40 : 0)
                            | (writeSame10 ? 0x20 : 0)
                            | (readsZeros ? 0x04 : 0)
                            | (anchor ? 0x02 : 0);
            return page(CODE, BODY_BYTES)
                    .put(4, (byte) thresholdExponent)
                    .put(5, (byte) flags)
                    .put(6, (byte) provisioningType);
        }

        public static LogicalBlockProvisioning parse(ByteBuffer data) {
            ByteBuffer in = AsciiField.atLeast(data, HEADER_BYTES + BODY_BYTES);
            int flags = in.get(5);
            return new LogicalBlockProvisioning(
                    (flags & 0x80) != 0,
                    (flags & 0x40) != 0,
                    (flags & 0x20) != 0,
                    (flags & 0x04) != 0,
                    (flags & 0x02) != 0,
                    in.get(6) & 0x07,
                    in.get(4) & 0xff);
        }
    }
}
