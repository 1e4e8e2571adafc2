package dev.lunaria.target.device;

/**
 * What a nexus may do: the facts of the grant under which it logged in. Immutable.
 *
 * @param node the node's name
 * @param epoch of the grant
 * @param readOnly writes are refused: DATA PROTECT
 */
public record NexusGrant(String node, long epoch, boolean readOnly) {}
