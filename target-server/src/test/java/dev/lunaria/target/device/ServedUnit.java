package dev.lunaria.target.device;

import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.ServedTargets;
import dev.lunaria.iscsi.target.SessionBounds;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.target.store.SparseFileStore;
import dev.lunaria.target.store.StoreThreads;
import dev.lunaria.target.transport.PortalServer;
import dev.lunaria.target.transport.PortalSettings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One unit on a real file behind two real portals on loopback, open to everybody; owned by its
 * test.
 */
final class ServedUnit implements AutoCloseable {
    static final String TARGET = "iqn.2026-11.dev.lunaria:test:unit";

    private static final long BUFFER_BYTES = 256L << 20;

    private final ExecutorService blocking = Executors.newFixedThreadPool(2);
    private final StoreThreads threads = new StoreThreads(4, StoreThreads.DEFAULT_OPERATIONS);
    private final SparseFileStore store;
    private final LogicalUnit unit;
    private final PortalServer portals;

    ServedUnit(Path folder, long bytes) throws IOException {
        Path file = folder.resolve("data");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(bytes);
        }
        store = SparseFileStore.open(file, bytes, threads);
        unit =
                new LogicalUnit(
                        new UnitIdentity(UUID.randomUUID(), TARGET),
                        BlockGeometry.EMULATED_512,
                        store,
                        new MemoryFormatStates(),
                        new MemoryReservations(),
                        new UnitResources(
                                new PooledBuffers(BUFFER_BYTES),
                                blocking,
                                InstantSource.system(),
                                Set.of(1, 2)),
                        true);
        portals =
                PortalServer.start(
                        List.of(portal(1), portal(2)),
                        PortalSettings.defaults(),
                        SessionBounds.DEFAULT,
                        new Everybody(),
                        new OneUnit(),
                        new SessionDirectory(64),
                        InstantSource.system());
    }

    private static PortalServer.Portal portal(int groupTag) {
        return new PortalServer.Portal(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), groupTag);
    }

    /** As libiscsi and QEMU write it. */
    String url() {
        return url(portals.addresses().getFirst());
    }

    /** Through the second portal. */
    String secondUrl() {
        return url(portals.addresses().getLast());
    }

    private static String url(InetSocketAddress portal) {
        return "iscsi://127.0.0.1:%d/%s/0".formatted(portal.getPort(), TARGET);
    }

    @Override
    public void close() throws IOException {
        portals.close();
        store.close();
        threads.close();
        blocking.shutdown();
    }

    /** The grant of an initiator, by its name. */
    private record Named(String initiator) implements LoginAuthority.Grant {}

    private static final class Everybody implements LoginAuthority {
        @Override
        public Decision decide(Attempt attempt) {
            return new Decision.Granted(new Named(attempt.initiatorName()), null, null);
        }

        @Override
        public boolean hasSession(int tsih) {
            return false;
        }
    }

    private final class OneUnit implements ServedTargets {
        @Override
        public DeviceServer open(LoginAuthority.Grant grant, Nexus nexus) {
            return unit.attach(nexus, new NexusGrant(((Named) grant).initiator(), 1, false));
        }

        @Override
        public List<String> grantedTo(String initiatorName) {
            return List.of(TARGET);
        }
    }
}
