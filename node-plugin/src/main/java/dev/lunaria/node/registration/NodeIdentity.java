package dev.lunaria.node.registration;

import java.util.Map;

/**
 * Who this node is to targets.
 *
 * @param node its name, as Kubernetes knows it
 * @param clusterId id of the cluster; part of every derived secret
 * @param initiatorName iSCSI name with which it logs in
 * @param topology segments that the cluster knows of it
 */
public record NodeIdentity(
        String node, String clusterId, String initiatorName, Map<String, String> topology) {
    /** One of which the cluster knows no segments. */
    public NodeIdentity(String node, String clusterId, String initiatorName) {
        this(node, clusterId, initiatorName, Map.of());
    }

    public NodeIdentity {
        topology = Map.copyOf(topology);
    }
}
