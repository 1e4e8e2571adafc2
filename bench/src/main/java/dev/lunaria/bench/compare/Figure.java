package dev.lunaria.bench.compare;

/**
 * What one client measured of one server in one round. Immutable.
 *
 * @param iops operations a second
 * @param operations in all, those included that weren't measured
 */
record Figure(double iops, double operations) {}
