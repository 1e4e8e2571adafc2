package dev.lunaria.node.registration;

/**
 * Who this node is to targets.
 *
 * @param node its name, as Kubernetes knows it
 * @param clusterId id of the cluster; part of every derived secret
 * @param initiatorName iSCSI name with which it logs in
 */
public record NodeIdentity(String node, String clusterId, String initiatorName) {}
