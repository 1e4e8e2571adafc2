package dev.lunaria.controller.setup;

import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.net.Endpoint;

/**
 * A target server that runs in this cluster. Immutable.
 *
 * @param name of its StorageTarget
 * @param admin where its admin API is
 * @param portal where initiators connect
 * @param overcommitPercent how much may be provisioned, in percent of the pool's size
 */
public record ClusterTarget(
        String name, Endpoint.Tcp admin, Endpoint.Tcp portal, int overcommitPercent) {

    /**
     * Reads {@code NAME} or {@code NAME=PERCENT}.
     *
     * @throws IllegalArgumentException where it is neither
     */
    public static ClusterTarget parse(
            String text, InstallationNames names, int adminPort, int portalPort) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        int percent =
                equals < 0
                        ? StorageTarget.DEFAULT_OVERCOMMIT_PERCENT
                        : Integer.parseInt(text.substring(equals + 1));
        String host = names.targetHost(name);
        return new ClusterTarget(
                name,
                new Endpoint.Tcp(host, adminPort),
                new Endpoint.Tcp(host, portalPort),
                percent);
    }
}
