package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Sense data (SPC-4 §4.5): why a command ended with CHECK CONDITION. Immutable.
 *
 * @param key sense key
 * @param additional ASC and ASCQ
 * @param information INFORMATION field, unsigned; usually the logical block address concerned
 * @param field which field of the CDB or the parameter list was wrong; only with ILLEGAL REQUEST
 */
public record SenseData(
        SenseKey key,
        AdditionalSense additional,
        @Nullable Long information,
        @Nullable FieldPointer field) {

    /** Length of sense data in fixed format as it is built here, in bytes. */
    public static final int FIXED_BYTES = 18;

    private static final int CURRENT_FIXED = 0x70;
    private static final int DEFERRED_FIXED = 0x71;
    private static final int CURRENT_DESCRIPTOR = 0x72;
    private static final int DEFERRED_DESCRIPTOR = 0x73;
    private static final int VALID = 0x80;
    private static final int DESCRIPTOR_HEADER_BYTES = 8;
    private static final int INFORMATION_DESCRIPTOR = 0x00;
    private static final int KEY_SPECIFIC_DESCRIPTOR = 0x02;
    private static final int SKSV = 0x80;
    private static final int IN_CDB = 0x40;
    private static final int BIT_VALID = 0x08;

    /** Nothing to report (SPC-4 §6.39): what REQUEST SENSE answers when all is well. */
    public static final SenseData NOTHING =
            new SenseData(SenseKey.NO_SENSE, AdditionalSense.NONE, null, null);

    /**
     * Field pointer sense-key-specific data (SPC-4 §4.5.2.4.2).
     *
     * @param inCdb in the CDB, or else in the parameter list
     * @param index of the first wrong byte
     * @param bit its most significant wrong bit; −1: the whole byte
     */
    public record FieldPointer(boolean inCdb, int index, int bit) {}

    public static SenseData of(SenseKey key, AdditionalSense additional) {
        return new SenseData(key, additional, null, null);
    }

    /** ILLEGAL REQUEST, INVALID FIELD IN CDB. {@code bit} −1: the whole byte. */
    public static SenseData invalidCdb(int index, int bit) {
        return new SenseData(
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.INVALID_FIELD_IN_CDB,
                null,
                new FieldPointer(true, index, bit));
    }

    /** ILLEGAL REQUEST, INVALID FIELD IN PARAMETER LIST. {@code bit} −1: the whole byte. */
    public static SenseData invalidParameter(int index, int bit) {
        return new SenseData(
                SenseKey.ILLEGAL_REQUEST,
                AdditionalSense.INVALID_FIELD_IN_PARAMETER_LIST,
                null,
                new FieldPointer(false, index, bit));
    }

    /** The same with an INFORMATION field. */
    public SenseData withInformation(long value) {
        return new SenseData(key, additional, value, field);
    }

    public boolean is(SenseKey otherKey, AdditionalSense otherAdditional) {
        return key == otherKey && additional.equals(otherAdditional);
    }

    /** In fixed format, or in descriptor format where D_SENSE asks for it (SPC-4 §7.5.10). */
    public ByteBuffer encode(boolean descriptor) {
        return descriptor ? encodeDescriptors() : encodeFixed();
    }

    /**
     * Fixed format (SPC-4 §4.5.3): 18 bytes; an INFORMATION beyond 32 bits makes VALID zero.
     *
     * @return from position 0 to limit
     */
    public ByteBuffer encodeFixed() {
        ByteBuffer out = ByteBuffer.allocate(FIXED_BYTES);
        boolean valid = information != null && information >>> Integer.SIZE == 0;
        out.put(0, (byte) (CURRENT_FIXED | (valid ? VALID : 0)));
        out.put(2, (byte) key.code());
        if (valid) {
            out.putInt(3, (int) (long) Objects.requireNonNull(information));
        }
        out.put(7, (byte) (FIXED_BYTES - 8));
        out.put(12, (byte) additional.code());
        out.put(13, (byte) additional.qualifier());
        putField(out, 15);
        return out;
    }

    /** Descriptor format (SPC-4 §4.5.2). From position 0 to limit. */
    public ByteBuffer encodeDescriptors() {
        int informationBytes = information == null ? 0 : 12;
        int fieldBytes = field == null ? 0 : 8;
        ByteBuffer out =
                ByteBuffer.allocate(DESCRIPTOR_HEADER_BYTES + informationBytes + fieldBytes);
        out.put(0, (byte) CURRENT_DESCRIPTOR);
        out.put(1, (byte) key.code());
        out.put(2, (byte) additional.code());
        out.put(3, (byte) additional.qualifier());
        out.put(7, (byte) (informationBytes + fieldBytes));
        int at = DESCRIPTOR_HEADER_BYTES;
        if (information != null) {
            out.put(at, (byte) INFORMATION_DESCRIPTOR);
            out.put(at + 1, (byte) 0x0a);
            out.put(at + 2, (byte) VALID);
            out.putLong(at + 4, information);
            at += informationBytes;
        }
        if (field != null) {
            out.put(at, (byte) KEY_SPECIFIC_DESCRIPTOR);
            out.put(at + 1, (byte) 0x06);
            putField(out, at + 4);
        }
        return out;
    }

    private void putField(ByteBuffer out, int at) {
        if (field == null) {
            return;
        }
        int flags = SKSV | (field.inCdb() ? IN_CDB : 0);
        if (field.bit() >= 0) {
            flags |= BIT_VALID | field.bit();
        }
        out.put(at, (byte) flags);
        out.putShort(at + 1, (short) field.index());
    }

    /**
     * Reads sense data of either format, current or deferred; what is cut off or of a vendor's
     * format reads as zeros.
     *
     * @param data from position to limit; not moved
     */
    public static SenseData parse(ByteBuffer data) {
        ByteBuffer in = ByteBuffer.allocate(Math.max(FIXED_BYTES, data.remaining()));
        in.put(data.duplicate()).clear();
        return switch (in.get(0) & 0x7f) {
            case CURRENT_FIXED, DEFERRED_FIXED -> parseFixed(in);
            case CURRENT_DESCRIPTOR, DEFERRED_DESCRIPTOR -> parseDescriptors(in);
            default -> NOTHING;
        };
    }

    private static SenseData parseFixed(ByteBuffer in) {
        boolean valid = (in.get(0) & VALID) != 0;
        return new SenseData(
                SenseKey.of(in.get(2)),
                new AdditionalSense(in.get(12) & 0xff, in.get(13) & 0xff),
                valid ? Long.valueOf(Integer.toUnsignedLong(in.getInt(3))) : null,
                parseField(SenseKey.of(in.get(2)), in, 15));
    }

    private static SenseData parseDescriptors(ByteBuffer in) {
        SenseKey key = SenseKey.of(in.get(1));
        Long information = null;
        FieldPointer field = null;
        int end = Math.min(in.limit(), DESCRIPTOR_HEADER_BYTES + (in.get(7) & 0xff));
        int at = DESCRIPTOR_HEADER_BYTES;
        while (at + 2 <= end && at + 2 + (in.get(at + 1) & 0xff) <= end) {
            int length = 2 + (in.get(at + 1) & 0xff);
            int type = in.get(at) & 0xff;
            if (type == INFORMATION_DESCRIPTOR && length >= 12 && (in.get(at + 2) & VALID) != 0) {
                information = in.getLong(at + 4);
            } else if (type == KEY_SPECIFIC_DESCRIPTOR && length >= 8) {
                field = parseField(key, in, at + 4);
            }
            at += length;
        }
        AdditionalSense additional = new AdditionalSense(in.get(2) & 0xff, in.get(3) & 0xff);
        return new SenseData(key, additional, information, field);
    }

    private static @Nullable FieldPointer parseField(SenseKey key, ByteBuffer in, int at) {
        int flags = in.get(at);
        if (key != SenseKey.ILLEGAL_REQUEST || (flags & SKSV) == 0) {
            return null;
        }
        int bit = (flags & BIT_VALID) != 0 ? flags & 0x07 : -1;
        return new FieldPointer((flags & IN_CDB) != 0, in.getShort(at + 1) & 0xffff, bit);
    }
}
