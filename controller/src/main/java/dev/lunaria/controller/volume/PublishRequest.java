package dev.lunaria.controller.volume;

/**
 * Leave for a node to use a volume. Immutable.
 *
 * @param readOnly whether writes are refused
 * @param exclusive whether no other node may use it at the same time
 * @param mostNodes so many nodes may use it at the same time
 */
public record PublishRequest(
        VolumeId volume, String node, boolean readOnly, boolean exclusive, int mostNodes) {

    /** For a volume that any number of nodes may use, or one alone. */
    public PublishRequest(VolumeId volume, String node, boolean readOnly, boolean exclusive) {
        this(volume, node, readOnly, exclusive, Integer.MAX_VALUE);
    }
}
