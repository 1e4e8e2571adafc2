package dev.lunaria.controller.volume;

/**
 * Leave for a node to use a volume. Immutable.
 *
 * @param readOnly whether writes are refused
 * @param exclusive whether no other node may use it at the same time
 */
public record PublishRequest(VolumeId volume, String node, boolean readOnly, boolean exclusive) {}
