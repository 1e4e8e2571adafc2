package dev.lunaria.controller.kube;

import java.time.Duration;

/**
 * What the controller that leads is to do in a cluster. Immutable.
 *
 * @param clusterId whose LUNs and nodes are meant
 * @param startupTaint whether nodes lose their startup taint when the node plugin is there
 * @param orphanPatience so long a LUN must have been without a PersistentVolume to be an orphan
 */
public record LeaderDuties(String clusterId, boolean startupTaint, Duration orphanPatience) {}
