package dev.lunaria.target.transport;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.ServedTargets;
import dev.lunaria.iscsi.target.SessionBounds;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.iscsi.text.SessionType;
import dev.lunaria.target.device.BlockGeometry;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.FormatStates;
import dev.lunaria.target.device.LogicalUnit;
import dev.lunaria.target.device.MemoryReservations;
import dev.lunaria.target.device.NexusGrant;
import dev.lunaria.target.device.PooledBuffers;
import dev.lunaria.target.device.UnitIdentity;
import dev.lunaria.target.device.UnitResources;
import dev.lunaria.target.store.SparseFileStore;
import dev.lunaria.target.store.StoreThreads;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** A target with one logical unit on a sparse file, served on loopback. */
final class FileTarget implements LoginAuthority, ServedTargets, AutoCloseable {
    static final String NAME = "iqn.2026-11.dev.lunaria:test";
    static final Grant GRANT = new Grant() {};

    private final StoreThreads threads = new StoreThreads(4, StoreThreads.DEFAULT_OPERATIONS);
    private final ExecutorService blocking = Executors.newFixedThreadPool(2);
    private final SparseFileStore store;
    private final LogicalUnit unit;
    private final @Nullable ChapCredential initiator;
    final SessionDirectory directory = new SessionDirectory(1000);
    final PortalServer server;
    volatile boolean granted = true;

    FileTarget(Path file, long size, PortalSettings settings, int port) throws IOException {
        this(file, size, settings, port, null);
    }

    FileTarget(
            Path file,
            long size,
            PortalSettings settings,
            int port,
            @Nullable ChapCredential initiator)
            throws IOException {
        this.initiator = initiator;
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(size);
        }
        store = SparseFileStore.open(file, size, threads);
        unit =
                new LogicalUnit(
                        new UnitIdentity(new UUID(1, 2), NAME),
                        BlockGeometry.EMULATED_512,
                        store,
                        new InMemory(),
                        new MemoryReservations(),
                        new UnitResources(
                                new PooledBuffers(64 << 20),
                                blocking,
                                InstantSource.system(),
                                Set.of(1)),
                        true);
        server =
                PortalServer.start(
                        List.of(
                                new PortalServer.Portal(
                                        new InetSocketAddress(
                                                InetAddress.getLoopbackAddress(), port),
                                        1)),
                        settings,
                        SessionBounds.DEFAULT,
                        this,
                        this,
                        directory,
                        InstantSource.system());
    }

    int port() {
        return server.addresses().getFirst().getPort();
    }

    @Override
    public Decision decide(Attempt attempt) {
        boolean known =
                attempt.type() == SessionType.DISCOVERY || attempt.targetName().equals(NAME);
        if (!known) {
            return new Decision.Refused(LoginStatus.NOT_FOUND, "no such target");
        }
        return granted
                ? new Decision.Granted(GRANT, initiator, null)
                : new Decision.Refused(LoginStatus.AUTHORIZATION_FAILURE, "no grant");
    }

    @Override
    public boolean hasSession(int tsih) {
        return directory.has(tsih);
    }

    @Override
    public @Nullable DeviceServer open(Grant grant, Nexus nexus) {
        return granted ? unit.attach(nexus, new NexusGrant("node", 1, false)) : null;
    }

    @Override
    public List<String> grantedTo(String initiatorName) {
        return List.of(NAME);
    }

    @Override
    public void close() throws IOException {
        server.stop(Duration.ofSeconds(10));
        store.close();
        threads.close();
        blocking.shutdown();
    }

    /** Format states that nothing keeps. */
    private static final class InMemory implements FormatStates {
        private FormatState state = FormatState.BLANK;

        @Override
        public synchronized FormatState current() {
            return state;
        }

        @Override
        public synchronized boolean change(FormatState expected, FormatState next) {
            boolean same = state.equals(expected);
            if (same) {
                state = next;
            }
            return same;
        }

        @Override
        public boolean isOwnerFenced(FormatState of) {
            return false;
        }
    }

    /** For trying clients by hand: file, size in MiB, port; CHAP name and secret, or neither. */
    public static void main(String[] arguments) throws Exception {
        FileTarget target =
                new FileTarget(
                        Path.of(arguments[0]),
                        Long.parseLong(arguments[1]) << 20,
                        PortalSettings.defaults(),
                        Integer.parseInt(arguments[2]),
                        arguments.length < 5
                                ? null
                                : new ChapCredential(arguments[3], ChapSecret.of(arguments[4])));
        System.out.println("iscsi://127.0.0.1:" + target.port() + "/" + NAME + "/0");
        Thread.currentThread().join();
    }
}
