package dev.lunaria.controller;

import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * The controller's settings, checked. Immutable.
 *
 * @param csi where sidecars call
 * @param registry where documents are kept
 * @param registryListen where node plugins call; TCP with TLS, or a Unix socket
 * @param clusterId id of the cluster: part of names and secrets, never changed
 * @param keys folder of the installation's keys
 * @param tls own files for mutual TLS, with node plugins and with targets
 * @param nodeLabels of --registry kubernetes: labels of nodes that nodes report as their topology
 * @param alphaCalls whether what is alpha in CSI is announced
 * @param allowedClients DNS names in certificates that may call the registry; empty: every client
 *     of the CA
 * @param startupTaint whether nodes lose their startup taint when the node plugin is there
 * @param orphanPatience so long a volume must have been without a PersistentVolume to be an orphan
 * @param nodeAccount service account by whose tokens node plugins say which node they are; empty: a
 *     certificate is enough
 * @param health where health and metrics are served
 * @param stopWithin how long a stop waits for calls under way
 */
record Settings(
        Endpoint csi,
        RegistrySource registry,
        Endpoint registryListen,
        String clusterId,
        Path keys,
        Set<String> nodeLabels,
        AlphaCalls alphaCalls,
        Optional<TlsFiles> tls,
        Set<String> allowedClients,
        boolean startupTaint,
        Duration orphanPatience,
        Optional<String> nodeAccount,
        Optional<Endpoint.Tcp> health,
        Duration stopWithin) {}
