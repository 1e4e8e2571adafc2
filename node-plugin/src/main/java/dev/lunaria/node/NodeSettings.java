package dev.lunaria.node;

import dev.lunaria.node.attach.BackendChoice;
import dev.lunaria.node.cluster.ClusterTimeouts;
import dev.lunaria.node.disk.process.DigestSetting;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
 * @param attachBackend what gives volumes their block devices
 * @param hostRoot the host's root, from which kernel modules are loaded
 * @param replacementSeconds for so long a disk of the kernel keeps I/O waiting for a lost target
 *     before it fails; 0: without limit
 * @param digests which parts of each PDU carry a checksum, for disks of the kernel
 * @param addresses IP addresses at which other nodes reach this one
 * @param maxVolumes so many volumes may be on this node at once
 * @param shared its part in shared filesystems; empty: none
 * @param topology segments that the administrator gave the node
 * @param alphaCalls whether what is alpha in CSI is announced
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
        BackendChoice.Wish attachBackend,
        Path hostRoot,
        int replacementSeconds,
        DigestSetting digests,
        List<String> addresses,
        int maxVolumes,
        Optional<Shared> shared,
        Map<String, String> topology,
        AlphaCalls alphaCalls,
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
        topology = Map.copyOf(topology);
    }
}
