package dev.lunaria.target;

import dev.lunaria.proto.target.v1.Server;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.Version;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.state.StateFolder;
import dev.lunaria.target.admin.GrantsService;
import dev.lunaria.target.admin.LunsService;
import dev.lunaria.target.admin.PoolsService;
import dev.lunaria.target.admin.ServersService;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.grant.Fence;
import dev.lunaria.target.grant.Grants;
import dev.lunaria.target.store.StoreThreads;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * Puts a target server together: pools first, with their grants, then the portals, then the admin
 * API. Main thread.
 */
final class TargetServer {

    /** Threads of each admin service: they wait for disks, and a revocation for its drain. */
    private static final int ADMIN_THREADS = 16;

    private TargetServer() {}

    /**
     * Starts everything; the parts stop with the lifecycle, in reverse order.
     *
     * @throws dev.lunaria.service.cli.StartupException where something is in the way
     */
    static void start(TargetSettings settings, Lifecycle lifecycle) throws IOException {
        StateFolder.open(settings.stateFolder());
        Pools pools = PoolFolders.open(settings.pools(), settings.reserveBytes(), lifecycle);
        lifecycle.add(
                "store threads",
                new StoreThreads(settings.storeThreads(), StoreThreads.DEFAULT_OPERATIONS));
        Grants grants = new Grants(new NoSessions(), settings.fenceWithin());
        Server.Builder server =
                Server.newBuilder().setVersion(Version.current()).setBootId(BootId.current());
        Instant now = InstantSource.system().instant();
        server.getStartedBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano());
        pools.all().forEach(pool -> server.addPools(pool.id()));
        lifecycle.add(
                "admin API",
                GrpcServer.on(settings.admin())
                        .tls(settings.tls())
                        .allowedPeers(settings.allowedClients())
                        .stopWithin(settings.stopWithin())
                        .blockingService(new ServersService(server.build()), 1)
                        .blockingService(new PoolsService(pools), ADMIN_THREADS)
                        .blockingService(
                                new LunsService(pools, InstantSource.system()), ADMIN_THREADS)
                        .blockingService(new GrantsService(pools, grants), ADMIN_THREADS)
                        .start());
    }

    /** No portal listens, so there is nobody to end. */
    private static final class NoSessions implements Fence {
        @Override
        public boolean endSessions(CatalogLun lun, String initiatorName, Duration within) {
            return true;
        }

        @Override
        public void removeReservations(CatalogLun lun, String initiatorName) {}
    }
}
