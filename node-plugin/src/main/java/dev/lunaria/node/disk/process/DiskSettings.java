package dev.lunaria.node.disk.process;

import dev.lunaria.service.net.Endpoint;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The disk process's settings, checked. Immutable.
 *
 * @param node name of this node, the same as the node plugin's
 * @param stateFolder folder of this process alone
 * @param socket where the node plugin calls
 * @param queueDepth reads and writes under way at once for each disk
 * @param digests which parts of each PDU carry a checksum
 * @param health where health and metrics are served over HTTP, where it is wanted
 */
record DiskSettings(
        String node,
        Path stateFolder,
        Endpoint.Unix socket,
        int queueDepth,
        DigestSetting digests,
        Optional<Endpoint.Tcp> health) {}
