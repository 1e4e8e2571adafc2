package dev.lunaria.controller.volume;

/**
 * What can be provisioned. Immutable.
 *
 * @param availableBytes in all pools together
 * @param largestVolumeBytes the largest single volume
 */
public record Capacity(long availableBytes, long largestVolumeBytes) {

    public static final Capacity NONE = new Capacity(0, 0);
}
