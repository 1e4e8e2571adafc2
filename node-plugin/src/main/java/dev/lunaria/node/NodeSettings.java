package dev.lunaria.node;

import dev.lunaria.node.cluster.ClusterTimeouts;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The node plugin's settings. Immutable.
 *
 * @param csiSocket where CSI is served
 * @param nodeName as Kubernetes knows the node
 * @param stateFolder where the plugin keeps its records
 * @param registry the controller's registry
 * @param registryTls files for mutual TLS, where the registry isn't a Unix socket
 * @param registryToken file with the token that says at the registry which node this is; empty: its
 *     certificate is enough there
 * @param keys folder of the installation's keys
 * @param diskSocket where the data process listens
 * @param addresses IP addresses at which other nodes reach this one
 * @param maxVolumes so many volumes may be on this node at once
 * @param hostRoot below which the kernel's modules are
 * @param shared its part in shared filesystems; empty: none
 * @param health address for health and metrics over HTTP, where it is wanted
 */
public record NodeSettings(
        Endpoint.Unix csiSocket,
        String nodeName,
        Path stateFolder,
        Endpoint registry,
        Optional<TlsFiles> registryTls,
        Optional<Path> registryToken,
        Path keys,
        Endpoint.Unix diskSocket,
        List<String> addresses,
        int maxVolumes,
        Path hostRoot,
        Optional<Shared> shared,
        Optional<Endpoint.Tcp> health) {
    /**
     * A node's part in shared filesystems.
     *
     * @param address IPv4 address at which the other members reach it
     * @param timeouts the times of the cluster, the same on all nodes
     */
    public record Shared(String address, ClusterTimeouts timeouts) {}

    public NodeSettings {
        addresses = List.copyOf(addresses);
    }
}
