package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.OUT_OF_RANGE;

import dev.lunaria.registry.LunariaVolume;

/**
 * How large a volume may be. Immutable.
 *
 * @param requiredBytes at least so much; 0: whatever is usual
 * @param limitBytes at most so much; 0: no limit
 */
public record SizeRange(long requiredBytes, long limitBytes) {

    /** Size of a volume for which none is asked: 10 GiB. */
    public static final long DEFAULT_BYTES = 10L << 30;

    /** The smallest volume: 1 MiB. Smaller requests get so much. */
    public static final long MINIMUM_BYTES = 1L << 20;

    /**
     * The largest volume: the largest file of ext4 with blocks of 4 KiB, which a pool may be kept
     * on.
     */
    public static final long MAXIMUM_BYTES = (16L << 40) - LunariaVolume.SIZE_UNIT_BYTES;

    private static final int GIB_BITS = 30;

    public SizeRange {
        if (requiredBytes < 0 || limitBytes < 0) {
            throw new Failure(
                    INVALID, "capacity_range: required_bytes and limit_bytes must not be negative");
        }
        if (limitBytes > 0 && limitBytes < requiredBytes) {
            throw new Failure(
                    INVALID,
                    "capacity_range: limit_bytes "
                            + limitBytes
                            + " is less than required_bytes "
                            + requiredBytes);
        }
    }

    /**
     * The size to make of a copy, in bytes: at least the source's. {@code OUT_OF_RANGE} where that
     * is over the limit.
     */
    public long chooseForCopyOf(long sourceBytes) {
        if (limitBytes > 0 && sourceBytes > limitBytes) {
            throw new Failure(
                    OUT_OF_RANGE,
                    "the source has "
                            + sourceBytes
                            + " bytes, more than limit_bytes "
                            + limitBytes
                            + "; a copy is at least as large as its source");
        }
        return requiredBytes <= sourceBytes ? sourceBytes : choose();
    }

    /** The size to make, in bytes: a multiple of the unit. {@code OUT_OF_RANGE} where none fits. */
    public long choose() {
        if (requiredBytes > MAXIMUM_BYTES) {
            throw new Failure(
                    OUT_OF_RANGE,
                    "%d GiB are too many; a volume holds at most %d GiB"
                            .formatted(requiredBytes >> GIB_BITS, MAXIMUM_BYTES >> GIB_BITS));
        }
        long largest =
                limitBytes == 0 ? MAXIMUM_BYTES : Math.min(MAXIMUM_BYTES, roundDown(limitBytes));
        long wanted = requiredBytes == 0 ? Math.min(DEFAULT_BYTES, largest) : requiredBytes;
        long size = roundUp(Math.max(wanted, MINIMUM_BYTES));
        if (size > largest) {
            throw new Failure(
                    OUT_OF_RANGE,
                    "no size fits: volumes have at least "
                            + MINIMUM_BYTES
                            + " bytes and a multiple of "
                            + LunariaVolume.SIZE_UNIT_BYTES
                            + "; limit_bytes is "
                            + limitBytes
                            + ", required_bytes "
                            + requiredBytes);
        }
        return size;
    }

    /**
     * The size to give to a volume that is there, in bytes: its own where that is large enough.
     * {@code OUT_OF_RANGE} where none fits: a volume never gets smaller.
     */
    public long growFrom(long sizeBytes) {
        if (limitBytes > 0 && sizeBytes > limitBytes) {
            throw new Failure(
                    OUT_OF_RANGE,
                    "the volume has "
                            + sizeBytes
                            + " bytes already, more than limit_bytes "
                            + limitBytes
                            + "; volumes are never made smaller");
        }
        return requiredBytes <= sizeBytes ? sizeBytes : choose();
    }

    /** Whether a volume of that size is what was asked for. */
    public boolean admits(long sizeBytes) {
        return sizeBytes >= requiredBytes && (limitBytes == 0 || sizeBytes <= limitBytes);
    }

    private static long roundUp(long bytes) {
        return roundDown(bytes + LunariaVolume.SIZE_UNIT_BYTES - 1);
    }

    private static long roundDown(long bytes) {
        return bytes - bytes % LunariaVolume.SIZE_UNIT_BYTES;
    }
}
