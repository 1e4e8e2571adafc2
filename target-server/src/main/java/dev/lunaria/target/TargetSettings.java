package dev.lunaria.target;

import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All settings of a running target server. Immutable.
 *
 * @param pools folders, at least one
 * @param portals where initiators connect; the first has portal group tag 1, the next 2
 * @param tls for an admin endpoint that is a TCP address
 * @param allowedClients names in client certificates that may call the admin API; empty: all
 * @param importFolders where images may be imported from
 * @param reserveBytes free space of each pool that no LUN is made from
 * @param warnFreePercent below this part of a pool's size its free space is low
 * @param storeThreads threads that may block on the disks
 * @param eventLoops threads of the data path
 * @param fenceWithin how long one revocation waits for the store
 * @param stopWithin how long a stop waits for commands under way
 * @param health where health and metrics are served; null: nowhere
 */
record TargetSettings(
        List<Path> pools,
        List<Endpoint.Tcp> portals,
        Endpoint admin,
        @Nullable TlsFiles tls,
        Set<String> allowedClients,
        Path stateFolder,
        List<Path> importFolders,
        long reserveBytes,
        int warnFreePercent,
        int storeThreads,
        int eventLoops,
        Duration fenceWithin,
        Duration stopWithin,
        Endpoint.@Nullable Tcp health) {}
