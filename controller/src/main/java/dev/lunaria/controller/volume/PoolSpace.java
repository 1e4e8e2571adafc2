package dev.lunaria.controller.volume;

/**
 * Room in a pool, in bytes, as its target counts. Immutable.
 *
 * @param clusterId cluster that the pool was initialised for
 * @param totalBytes size of the filesystem below
 * @param freeBytes what is free in it, less the reserve
 * @param provisionedBytes sum of the LUNs' sizes
 */
public record PoolSpace(String clusterId, long totalBytes, long freeBytes, long provisionedBytes) {

    private static final double PERCENT = 100;

    /**
     * What may still be provisioned, in bytes, where so many percent of the pool's size may be in
     * all.
     */
    public long available(int overcommitPercent) {
        if (freeBytes <= 0) {
            return 0;
        }
        long ceiling = (long) (totalBytes * (overcommitPercent / PERCENT));
        return Math.max(0, ceiling - provisionedBytes);
    }
}
