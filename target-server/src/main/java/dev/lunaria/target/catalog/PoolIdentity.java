package dev.lunaria.target.catalog;

/**
 * What pool.json says: which pool the folder is, and whose.
 *
 * @param pool UUID in its usual form, lower case
 * @param clusterId the cluster that the pool was initialised for
 */
public record PoolIdentity(String pool, String clusterId) {}
