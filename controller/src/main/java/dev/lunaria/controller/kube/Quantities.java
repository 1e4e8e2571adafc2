package dev.lunaria.controller.kube;

/** Sizes as Kubernetes writes them ("10Gi"). No state. */
final class Quantities {

    private static final String[] UNITS = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    private static final int UNIT = 1024;

    /** So many units at least are shown: then less than a hundredth is rounded away. */
    private static final int LEAST_SHOWN = 100;

    private Quantities() {}

    /** The size in the largest unit that says it exactly. */
    static String exact(long bytes) {
        int unit = 0;
        long size = bytes;
        while (size != 0 && size % UNIT == 0) {
            size /= UNIT;
            unit++;
        }
        return size + UNITS[unit];
    }

    /** The size rounded down, by less than a hundredth. */
    static String rounded(long bytes) {
        int unit = 0;
        long size = bytes;
        while (size >= (long) LEAST_SHOWN * UNIT) {
            size /= UNIT;
            unit++;
        }
        return size + UNITS[unit];
    }
}
