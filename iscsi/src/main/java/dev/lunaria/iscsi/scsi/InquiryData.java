package dev.lunaria.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Standard INQUIRY data (SPC-4 §6.6.2): what a logical unit is. Immutable.
 *
 * @param qualifier peripheral qualifier: 0 connected, 3 no unit can be here
 * @param deviceType 0 direct access block device, 1Fh none
 * @param version 6: SPC-4
 * @param vendor T10 vendor identification, at most 8 characters
 * @param product product identification, at most 16 characters
 * @param revision product revision, at most 4 characters
 * @param versionDescriptors at most 8, of two bytes (SPC-4 §6.6.2, table 142)
 */
public record InquiryData(
        int qualifier,
        int deviceType,
        boolean removable,
        int version,
        String vendor,
        String product,
        String revision,
        List<Integer> versionDescriptors) {

    /** Length as it is built here, in bytes. */
    public static final int BYTES = 96;

    public static final int CONNECTED = 0;

    /** Qualifier of a LUN at which the target can't have a unit. */
    public static final int NOT_CAPABLE = 3;

    public static final int DISK = 0x00;

    public static final int UNKNOWN_DEVICE = 0x1f;

    public static final int SPC_4 = 6;

    private static final int VERSION_DESCRIPTORS_AT = 58;
    private static final int MAX_VERSION_DESCRIPTORS = 8;
    private static final int HISUP_AND_FORMAT_2 = 0x12;
    private static final int MULTI_PORT = 0x10;
    private static final int COMMAND_QUEUING = 0x02;

    public InquiryData {
        versionDescriptors = List.copyOf(versionDescriptors);
    }

    /** 96 bytes, from position 0 to limit. */
    public ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(BYTES);
        out.put(0, (byte) (qualifier << 5 | deviceType));
        out.put(1, (byte) (removable ? 0x80 : 0));
        out.put(2, (byte) version);
        out.put(3, (byte) HISUP_AND_FORMAT_2);
        out.put(4, (byte) (BYTES - 5));
        out.put(6, (byte) MULTI_PORT);
        out.put(7, (byte) COMMAND_QUEUING);
        AsciiField.put(out, 8, 8, vendor, ' ');
        AsciiField.put(out, 16, 16, product, ' ');
        AsciiField.put(out, 32, 4, revision, ' ');
        for (int i = 0; i < versionDescriptors.size(); i++) {
            out.putShort(VERSION_DESCRIPTORS_AT + 2 * i, versionDescriptors.get(i).shortValue());
        }
        return out;
    }

    /**
     * Reads INQUIRY data of any length; what is cut off reads as zeros.
     *
     * @param data from position to limit; not moved
     */
    public static InquiryData parse(ByteBuffer data) {
        ByteBuffer in = AsciiField.atLeast(data, BYTES);
        var descriptors = new ArrayList<Integer>();
        for (int i = 0; i < MAX_VERSION_DESCRIPTORS; i++) {
            int descriptor = in.getShort(VERSION_DESCRIPTORS_AT + 2 * i) & 0xffff;
            if (descriptor != 0) {
                descriptors.add(descriptor);
            }
        }
        return new InquiryData(
                in.get(0) >> 5 & 0x07,
                in.get(0) & 0x1f,
                (in.get(1) & 0x80) != 0,
                in.get(2) & 0xff,
                AsciiField.get(in, 8, 8),
                AsciiField.get(in, 16, 16),
                AsciiField.get(in, 32, 4),
                descriptors);
    }
}
