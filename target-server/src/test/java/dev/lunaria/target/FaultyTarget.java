package dev.lunaria.target;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.LoginAuthority;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.ServedTargets;
import dev.lunaria.iscsi.target.SessionBounds;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.target.device.BlockGeometry;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.FormatStates;
import dev.lunaria.target.device.LogicalUnit;
import dev.lunaria.target.device.MemoryReservations;
import dev.lunaria.target.device.NexusGrant;
import dev.lunaria.target.device.PooledBuffers;
import dev.lunaria.target.device.UnitIdentity;
import dev.lunaria.target.device.UnitResources;
import dev.lunaria.target.store.FaultyStore;
import dev.lunaria.target.store.SparseFileStore;
import dev.lunaria.target.store.StoreException;
import dev.lunaria.target.store.StoreThreads;
import dev.lunaria.target.transport.PortalServer;
import dev.lunaria.target.transport.PortalSettings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Real portals, sessions, logical units and sparse files, of which some fail when a test says so;
 * they share their threads, as those of a target server do. The clock is the test's.
 */
final class FaultyTarget implements LoginAuthority, ServedTargets, AutoCloseable {
    private static final String INITIATOR = "iqn.2026-11.dev.lunaria:test:initiator";
    private static final String INITIATOR_SECRET = "the initiator's secret";
    private static final String TARGET_SECRET = "the target's own secret";
    private static final int STORE_THREADS = 4;

    private final StoreThreads threads =
            new StoreThreads(STORE_THREADS, StoreThreads.DEFAULT_OPERATIONS);
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final List<Unit> units = new ArrayList<>();
    private final PortalServer server;

    /** One logical unit with its target name, and the store that fails. */
    record Unit(String name, Path file, FaultyStore store, LogicalUnit unit) {}

    private record Granted(Unit unit) implements Grant {}

    FaultyTarget(Path folder, int units, long bytes) throws IOException {
        UnitResources resources =
                new UnitResources(
                        new PooledBuffers(16 << 20), threads.blocking(), now::get, Set.of(1));
        for (int i = 0; i < units; i++) {
            this.units.add(unit(folder.resolve("data-" + i), i, bytes, resources));
        }
        SessionDirectory directory = new SessionDirectory(100);
        server =
                PortalServer.start(
                        List.of(
                                new PortalServer.Portal(
                                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                        1)),
                        PortalSettings.defaults(),
                        SessionBounds.DEFAULT,
                        this,
                        this,
                        directory,
                        InstantSource.system());
    }

    private Unit unit(Path file, int number, long bytes, UnitResources resources)
            throws IOException {
        try (var made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(bytes);
        }
        String name = "iqn.2026-11.dev.lunaria:test:" + number;
        FaultyStore store = new FaultyStore(SparseFileStore.open(file, bytes, threads));
        LogicalUnit unit =
                new LogicalUnit(
                        new UnitIdentity(new UUID(1, number), name),
                        BlockGeometry.of(LoopbackInitiator.BLOCK),
                        store,
                        new AlwaysReady(),
                        new MemoryReservations(),
                        resources,
                        false);
        return new Unit(name, file, store, unit);
    }

    Unit unit(int number) {
        return units.get(number);
    }

    /** Lets time go by for the logical units. */
    void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    LoopbackInitiator login(Unit unit) throws IOException {
        return LoopbackInitiator.login(
                server.addresses().getFirst().getPort(),
                INITIATOR,
                unit.name(),
                INITIATOR_SECRET,
                TARGET_SECRET);
    }

    @Override
    public Decision decide(Attempt attempt) {
        Unit asked =
                units.stream()
                        .filter(unit -> unit.name().equals(attempt.targetName()))
                        .findFirst()
                        .orElseThrow();
        return new Decision.Granted(
                new Granted(asked),
                new ChapCredential(INITIATOR, ChapSecret.of(INITIATOR_SECRET)),
                new ChapCredential(asked.name(), ChapSecret.of(TARGET_SECRET)));
    }

    @Override
    public boolean hasSession(int tsih) {
        return false;
    }

    @Override
    public DeviceServer open(Grant grant, Nexus nexus) {
        return ((Granted) grant).unit().unit().attach(nexus, new NexusGrant("node", 1, false));
    }

    @Override
    public List<String> grantedTo(String initiatorName) {
        return units.stream().map(Unit::name).toList();
    }

    @Override
    public void close() throws IOException {
        units.forEach(unit -> unit.store().release());
        server.stop(Duration.ofSeconds(10));
        for (Unit unit : units) {
            unit.store().heal();
            try {
                unit.store().close();
            } catch (StoreException e) {
                throw new IOException(unit.name(), e);
            }
        }
        threads.close();
    }

    /** Units that are in use. */
    private static final class AlwaysReady implements FormatStates {
        private FormatState state = FormatState.BLANK.inUse();

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
}
