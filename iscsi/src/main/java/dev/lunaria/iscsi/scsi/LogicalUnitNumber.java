package dev.lunaria.iscsi.scsi;

/** Logical unit numbers as eight bytes (SAM-5 §4.7); pure, without state. */
public final class LogicalUnitNumber {

    /** What {@link #number} says of an address that isn't a single-level number. */
    public static final int NOT_A_NUMBER = -1;

    private static final int PERIPHERAL = 0;
    private static final int FLAT = 1;

    private LogicalUnitNumber() {}

    /**
     * The number behind a LUN field in peripheral or flat addressing.
     *
     * @return 0 to 16383, or {@link #NOT_A_NUMBER} for well-known units and several levels
     */
    public static int number(long lun) {
        int first = (int) (lun >>> 48);
        boolean singleLevel = lun << 16 == 0;
        int method = first >>> 14;
        if (!singleLevel || (method != PERIPHERAL && method != FLAT)) {
            return NOT_A_NUMBER;
        }
        boolean otherBus = method == PERIPHERAL && first >>> 8 != 0;
        return otherBus ? NOT_A_NUMBER : first & 0x3fff;
    }

    /** The LUN field of a number below 256: peripheral addressing. */
    public static long field(int number) {
        if (number < 0 || number > 0xff) {
            throw new IllegalArgumentException("LUN " + number);
        }
        return (long) number << 48;
    }
}
