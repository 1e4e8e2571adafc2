package dev.lunaria.bench.server;

/**
 * A LUN of our target server, with what its one initiator needs to log in. Immutable; prints no
 * secret.
 *
 * @param pool UUID of its pool
 * @param lun its own
 * @param targetName iSCSI name of its target
 * @param initiatorSecret with which {@link MeasuredServer#INITIATOR} proves itself
 * @param targetSecret with which the target does
 */
public record GrantedLun(
        String pool, String lun, String targetName, String initiatorSecret, String targetSecret) {
    @Override
    public String toString() {
        return targetName;
    }
}
