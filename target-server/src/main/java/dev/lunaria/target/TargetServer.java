package dev.lunaria.target;

import dev.lunaria.iscsi.target.SessionBounds;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.proto.target.v1.Portal;
import dev.lunaria.proto.target.v1.Server;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.cli.Version;
import dev.lunaria.service.health.HealthServer;
import dev.lunaria.service.health.Readiness;
import dev.lunaria.service.log.LunariaLogging;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.state.StateFolder;
import dev.lunaria.target.admin.GrantsService;
import dev.lunaria.target.admin.LunsService;
import dev.lunaria.target.admin.PoolsService;
import dev.lunaria.target.admin.ServersService;
import dev.lunaria.target.admin.SessionsService;
import dev.lunaria.target.admin.SnapshotsService;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.device.PooledBuffers;
import dev.lunaria.target.device.UnitResources;
import dev.lunaria.target.grant.GrantAuthority;
import dev.lunaria.target.grant.Grants;
import dev.lunaria.target.snapshot.BackgroundCopies;
import dev.lunaria.target.snapshot.Copies;
import dev.lunaria.target.snapshot.ImportFolders;
import dev.lunaria.target.snapshot.LunCopies;
import dev.lunaria.target.snapshot.Snapshots;
import dev.lunaria.target.store.StoreThreads;
import dev.lunaria.target.transport.PortalServer;
import dev.lunaria.target.transport.PortalSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a target server together: pools first, with their grants, then the portals, then the admin
 * API. Main thread.
 */
final class TargetServer {

    /** Threads of each admin service: they wait for disks, and a revocation for its drain. */
    private static final int ADMIN_THREADS = 16;

    /** Sessions at once. */
    private static final int MAX_SESSIONS = 8192;

    /** Memory for what is read, over all sessions, in bytes. */
    private static final long READ_BUFFER_BYTES = 192L << 20;

    /** Memory for Data-Out, over all sessions, in bytes. */
    private static final long DATA_OUT_BYTES = 192L << 20;

    private static final long SWEEP_SECONDS = 30;

    private static final Logger LOG = LoggerFactory.getLogger(TargetServer.class);

    private final TargetSettings settings;
    private final Lifecycle lifecycle;
    private final InstantSource clock = InstantSource.system();
    private final SessionDirectory directory = new SessionDirectory(MAX_SESSIONS);
    private final Readiness readiness = new Readiness();
    private final TargetMetrics metrics = new TargetMetrics(clock);

    private TargetServer(TargetSettings settings, Lifecycle lifecycle) {
        this.settings = settings;
        this.lifecycle = lifecycle;
    }

    /**
     * Starts everything; the parts stop with the lifecycle, in reverse order.
     *
     * @throws StartupException where something is in the way
     */
    static void start(TargetSettings settings, Lifecycle lifecycle) throws IOException {
        new TargetServer(settings, lifecycle).start();
    }

    private void start() throws IOException {
        Endpoint.Tcp health = settings.health();
        HealthServer served =
                health == null
                        ? null
                        : lifecycle.add(
                                "health", HealthServer.start(health, readiness, metrics.metrics()));
        Path stateFolder = StateFolder.open(settings.stateFolder());
        Pools pools = PoolFolders.open(settings.pools(), settings.reserveBytes(), lifecycle);
        String bootId = BootId.current();
        pools.all().forEach(pool -> pool.catalog().booted(bootId));
        StoreThreads threads =
                lifecycle.add(
                        "store threads",
                        new StoreThreads(settings.storeThreads(), StoreThreads.DEFAULT_OPERATIONS));
        OpenUnits units =
                lifecycle.add(
                        "logical units",
                        new OpenUnits(opener(threads, bootId, stateFolder), clock, bootId));
        Copies copies = lifecycle.add("copies at once", new Copies(threads.blocking()));
        BackgroundCopies background = lifecycle.add("background copies", new BackgroundCopies());
        LunCopies lunCopies = new LunCopies(units, copies, background, importFolders());
        lunCopies.resume(pools);
        Snapshots snapshots = new Snapshots(pools, units, copies, background, clock);
        snapshots.resume();
        LunariaLogging.poolOfLun(lun -> poolOf(pools, lun));
        PoolWatch watch = new PoolWatch(pools, settings.warnFreePercent(), units::spaceIsLow);
        readiness.require("pools", watch::problem);
        sweepNowAndThen(units, watch);
        GrantAuthority authority = new GrantAuthority(pools, directory);
        PortalServer portalServer =
                listen(authority, new GrantedTargets(authority, units, metrics.units()));
        readiness.require(
                "portals", () -> portalServer.isListening() ? null : "a portal was closed");
        metrics.serve(
                new TargetMetrics.Served(pools, directory, units, threads, portalServer, bootId));
        List<Portal> portals = portals(portalServer);
        Grants grants =
                new Grants(
                        metrics.metered(new SessionFence(directory, units)),
                        settings.fenceWithin());
        Tls tls = settings.tls() == null ? null : Tls.load(settings.tls());
        if (tls != null) {
            lifecycle.onReload("TLS files", tls);
        }
        GrpcServer admin =
                GrpcServer.on(settings.admin())
                        .tls(tls)
                        .allowedPeers(settings.allowedClients())
                        .stopWithin(settings.stopWithin())
                        .meters(served == null ? null : served.meters())
                        .service(new ServersService(server(pools, portals)))
                        .service(new SessionsService(directory))
                        .blockingService(new PoolsService(pools), ADMIN_THREADS)
                        .blockingService(
                                new LunsService(pools, units, lunCopies, background, clock, bootId),
                                ADMIN_THREADS)
                        .blockingService(
                                new SnapshotsService(pools, snapshots, background), ADMIN_THREADS)
                        .blockingService(new GrantsService(pools, grants), ADMIN_THREADS)
                        .start();
        lifecycle.add("admin API", admin);
        LOG.atInfo().addKeyValue("admin", admin.endpoint()).log("admin API listens");
        readiness.started();
    }

    private UnitOpener opener(StoreThreads threads, String bootId, Path stateFolder)
            throws IOException {
        return new UnitOpener(
                threads,
                new UnitResources(
                        new PooledBuffers(READ_BUFFER_BYTES),
                        threads.blocking(),
                        clock,
                        portalGroupTags()),
                lifecycle.add("limits", new LimitAlarm()),
                settings.warnFreePercent(),
                bootId,
                BootId.isNew(stateFolder));
    }

    private ImportFolders importFolders() {
        try {
            return ImportFolders.of(settings.importFolders());
        } catch (IOException e) {
            throw new StartupException("--import-folder: there is no " + e.getMessage(), e);
        }
    }

    /** Each portal is a group of its own, numbered from 1 in the order of the settings. */
    private Set<Integer> portalGroupTags() {
        return IntStream.rangeClosed(1, settings.portals().size())
                .boxed()
                .collect(Collectors.toSet());
    }

    /** In which pool a LUN is, for lines of the log that name the LUN alone. */
    private static @Nullable String poolOf(Pools pools, String lun) {
        return pools.all().stream()
                .filter(pool -> pool.catalog().find(lun).isPresent())
                .map(Pool::id)
                .findFirst()
                .orElse(null);
    }

    private PortalServer listen(GrantAuthority authority, GrantedTargets targets) {
        List<PortalServer.Portal> asked = new ArrayList<>();
        for (Endpoint.Tcp portal : settings.portals()) {
            InetSocketAddress address = new InetSocketAddress(portal.host(), portal.port());
            if (address.isUnresolved()) {
                throw new StartupException("--portal " + portal + ": the host is not known");
            }
            asked.add(new PortalServer.Portal(address, asked.size() + 1));
        }
        PortalServer server;
        try {
            PortalSettings defaults = PortalSettings.defaults();
            server =
                    PortalServer.start(
                            asked,
                            new PortalSettings(
                                    settings.eventLoops(),
                                    defaults.maxConnections(),
                                    defaults.loginTimeout(),
                                    defaults.pingInterval(),
                                    DATA_OUT_BYTES),
                            SessionBounds.DEFAULT,
                            authority,
                            targets,
                            directory,
                            clock);
        } catch (IOException e) {
            throw new StartupException(String.valueOf(e.getMessage()), e);
        }
        lifecycle.add(
                "portals",
                () -> {
                    if (!server.stop(settings.stopWithin())) {
                        LOG.warn("commands were still under way; their initiators repeat them");
                    }
                });
        return server;
    }

    private static List<Portal> portals(PortalServer server) {
        List<Portal> portals = new ArrayList<>();
        for (InetSocketAddress bound : server.addresses()) {
            Portal portal =
                    Portal.newBuilder()
                            .setAddress(bound.getAddress().getHostAddress())
                            .setPort(bound.getPort())
                            .setGroupTag(portals.size() + 1)
                            .build();
            portals.add(portal);
            LOG.atInfo()
                    .addKeyValue("address", portal.getAddress())
                    .addKeyValue("port", portal.getPort())
                    .addKeyValue("groupTag", portal.getGroupTag())
                    .log("portal listens");
        }
        return portals;
    }

    private Server server(Pools pools, List<Portal> portals) throws IOException {
        Instant now = clock.instant();
        Server.Builder server =
                Server.newBuilder()
                        .setVersion(Version.current())
                        .setBootId(BootId.current())
                        .addAllPortals(portals);
        server.getStartedBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano());
        pools.all().forEach(pool -> server.addPools(pool.id()));
        return server.build();
    }

    /** What is done now and then: idle units are flushed and closed, pools looked at. */
    private void sweepNowAndThen(OpenUnits units, PoolWatch watch) {
        ScheduledExecutorService sweeper =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("sweep").daemon(true).factory());
        sweeper.scheduleWithFixedDelay(
                () -> {
                    try {
                        watch.look();
                        units.sweep();
                    } catch (RuntimeException e) {
                        LOG.error("a sweep failed; the next one follows", e);
                    }
                },
                0,
                SWEEP_SECONDS,
                TimeUnit.SECONDS);
        lifecycle.add("sweep", sweeper::shutdownNow);
    }
}
