package dev.lunaria.target;

import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.target.admin.LunsService;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.catalog.Unflushed.Writer;
import dev.lunaria.target.device.LogicalUnit;
import dev.lunaria.target.device.NexusGrant;
import dev.lunaria.target.device.Reservations;
import dev.lunaria.target.grant.Granted;
import dev.lunaria.target.snapshot.OpenStores;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import dev.lunaria.target.store.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The logical units whose files are open: opened by their first session, closed when they were idle
 * for a while. So that thousands of LUNs cost nothing, most of which nobody uses.
 *
 * <p>Any thread. Bounded by the LUNs that had a session within {@link #IDLE}; two descriptors each.
 */
final class OpenUnits implements LunsService.UnitsInUse, OpenStores, AutoCloseable {

    /**
     * So long a unit stays open without a session: longer than an initiator tries to come back, so
     * that what it had not flushed is remembered.
     */
    static final Duration IDLE = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(OpenUnits.class);

    private final UnitOpener opener;
    private final InstantSource clock;
    private final String bootId;
    private final ConcurrentHashMap<String, OpenUnit> units = new ConcurrentHashMap<>();

    /** One open unit; its fields are touched only while the map holds its key. */
    private static final class OpenUnit {
        final OpenedUnit opened;
        final String pool;
        final List<Writer> sessions = new ArrayList<>();
        int holds;
        boolean closing;
        @Nullable Instant idleSince;

        OpenUnit(OpenedUnit opened, String pool) {
            this.opened = opened;
            this.pool = pool;
        }

        LogicalUnit unit() {
            return opened.unit();
        }

        UnflushedStore store() {
            return opened.store();
        }

        boolean isUnusedSince(Instant before) {
            return sessions.isEmpty()
                    && holds == 0
                    && idleSince != null
                    && !idleSince.isAfter(before);
        }
    }

    OpenUnits(UnitOpener opener, InstantSource clock, String bootId) {
        this.opener = opener;
        this.clock = clock;
        this.bootId = bootId;
    }

    /**
     * Begins a session on a LUN. Opens its file where that is not open: a short system call, on the
     * caller's event loop.
     *
     * @throws IOException if its file can't be opened, or is just being closed
     */
    DeviceServer attach(Granted granted, Nexus nexus) throws IOException {
        String id = granted.lun().facts().id();
        Grant grant = granted.grant();
        Writer writer = new Writer(grant.node(), grant.epoch());
        boolean readOnly = grant.access() == Grant.Access.READ_ONLY;
        OpenUnit open;
        try {
            open =
                    units.compute(
                            id,
                            (_, there) -> {
                                OpenUnit unit = opened(there, granted.pool(), granted.lun());
                                unit.sessions.add(writer);
                                unit.idleSince = null;
                                if (!readOnly) {
                                    unit.store().attached(writer);
                                }
                                return unit;
                            });
        } catch (OpenFailed e) {
            throw e.cause;
        }
        boolean hasLost = granted.lun().isLost(writer, bootId);
        if (hasLost) {
            LOG.atWarn()
                    .addKeyValue("lun", id)
                    .addKeyValue("node", grant.node())
                    .addKeyValue("epoch", grant.epoch())
                    .log(
                            "the machine crashed before all was flushed that this node wrote: its writes"
                                    + " fail until it detaches");
        }
        NexusGrant rights = new NexusGrant(grant.node(), grant.epoch(), readOnly);
        return new AttachedDevice(
                open.unit().attach(nexus, rights, hasLost),
                open.opened.limited(),
                () -> loggedOut(granted.lun(), writer),
                () -> left(id, writer));
    }

    /** Keeps a unit open that may have no session: something is being copied of it. */
    @Override
    public Hold hold(Pool pool, CatalogLun lun) throws RefusedException, IOException {
        String id = lun.facts().id();
        OpenUnit open;
        try {
            open =
                    units.compute(
                            id,
                            (_, there) -> {
                                OpenUnit unit = opened(there, pool, lun);
                                unit.holds++;
                                return unit;
                            });
        } catch (OpenFailed e) {
            if (e.cause instanceof BeingClosed) {
                throw new RefusedException(
                        Reason.CONFLICT,
                        "the file of LUN %s is just being closed: repeat the call".formatted(id));
            }
            throw e.cause;
        }
        return new Held(open.opened.copies(), () -> unhold(id));
    }

    private record Held(CopyBeforeWriteStore store, Runnable letGo) implements Hold {
        @Override
        public void close() {
            letGo.run();
        }
    }

    private void unhold(String id) {
        units.computeIfPresent(
                id,
                (_, unit) -> {
                    unit.holds--;
                    if (unit.sessions.isEmpty()) {
                        unit.idleSince = clock.instant();
                    }
                    return unit;
                });
    }

    private OpenUnit opened(@Nullable OpenUnit there, Pool pool, CatalogLun lun) {
        if (there != null && there.closing) {
            throw new OpenFailed(new BeingClosed());
        }
        return there == null ? open(pool, lun) : there;
    }

    /**
     * Flushes what was not written since the last call, and closes what nobody has used for {@link
     * #IDLE}. May block; called now and then by one thread.
     */
    void sweep() {
        units.values().forEach(unit -> unit.store().flushIfIdle());
        Instant before = clock.instant().minus(IDLE);
        for (String id : List.copyOf(units.keySet())) {
            closeIf(id, unit -> unit.isUnusedSince(before));
        }
    }

    /**
     * Closes a LUN's file at once if it has no session: the LUN is about to be deleted. May block.
     */
    @Override
    public void closeUnused(String id) {
        closeIf(id, unit -> unit.isUnusedSince(Instant.MAX));
    }

    /** A LUN has grown: where it is open its store grows, and every nexus hears of it once. */
    @Override
    public void expanded(CatalogLun lun) {
        LunFacts facts = lun.facts();
        units.computeIfPresent(
                facts.id(),
                (_, unit) -> {
                    if (unit.opened.file().grow(facts.sizeBytes())) {
                        unit.unit().capacityChanged();
                    }
                    return unit;
                });
    }

    /** A LUN has other limits: where it is open they hold from the next operation on. */
    @Override
    public void limited(CatalogLun lun) {
        units.computeIfPresent(
                lun.facts().id(),
                (_, unit) -> {
                    UnitOpener.limit(unit.opened.limited(), lun);
                    return unit;
                });
    }

    /**
     * Removes a fenced initiator's registrations and reservations on a LUN, durably, and tells
     * those whom that concerns. May block; may be repeated.
     */
    void removeReservations(CatalogLun lun, String initiatorName)
            throws RefusedException, IOException {
        Reservations before = lun.removeReservations(initiatorName);
        OpenUnit open = units.get(lun.facts().id());
        if (open != null) {
            open.unit().fenced(before, initiatorName);
        }
    }

    /** A pool's free space has fallen below its soft threshold: its units' initiators are told. */
    void spaceIsLow(Pool pool) {
        units.values().stream()
                .filter(open -> open.pool.equals(pool.id()))
                .forEach(open -> open.unit().softThresholdReached());
    }

    /** Closes all; no session is left. May block. */
    @Override
    public void close() {
        for (String id : List.copyOf(units.keySet())) {
            closeIf(id, _ -> true);
        }
    }

    /** Units that are open. */
    int count() {
        return units.size();
    }

    /**
     * Closes a unit; until that is over nobody may log in, because the file would be opened anew,
     * and what the old one notes last would be taken for the new one's.
     */
    private void closeIf(String id, Predicate<OpenUnit> condition) {
        AtomicReference<@Nullable OpenUnit> closing = new AtomicReference<>();
        units.computeIfPresent(
                id,
                (_, unit) -> {
                    if (!unit.closing && condition.test(unit)) {
                        unit.closing = true;
                        closing.set(unit);
                    }
                    return unit;
                });
        OpenUnit unit = closing.get();
        if (unit != null) {
            try {
                close(id, unit);
            } finally {
                units.remove(id, unit);
            }
        }
    }

    private static void close(String id, OpenUnit unit) {
        try {
            unit.opened.limited().close();
        } catch (StoreException e) {
            LOG.atError()
                    .addKeyValue("lun", id)
                    .setCause(e)
                    .log(
                            "last flush failed while closing: what was not flushed before may be lost");
        }
    }

    /**
     * What a writer lost concerns nobody any more when it has logged out. On the session's event
     * loop: writes to the disk only where something was lost, which is rare.
     */
    private void loggedOut(CatalogLun lun, Writer writer) {
        try {
            lun.detached(writer, bootId);
        } catch (RefusedException e) {
            LOG.atDebug().addKeyValue("lun", lun.facts().id()).log("deleted meanwhile");
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("lun", lun.facts().id())
                    .addKeyValue("node", writer.node())
                    .setCause(e)
                    .log(
                            "that the node has detached can't be noted: its writes fail after the"
                                    + " next login, until it detaches once more");
        }
    }

    private void left(String id, Writer writer) {
        units.computeIfPresent(
                id,
                (_, unit) -> {
                    unit.sessions.remove(writer);
                    if (!unit.sessions.contains(writer)) {
                        unit.store().detached(writer);
                    }
                    if (unit.sessions.isEmpty()) {
                        unit.idleSince = clock.instant();
                    }
                    return unit;
                });
    }

    private OpenUnit open(Pool pool, CatalogLun lun) {
        try {
            return new OpenUnit(opener.open(pool, lun), pool.id());
        } catch (IOException e) {
            throw new OpenFailed(e);
        }
    }

    /** The file is opened anew in a moment. */
    private static final class BeingClosed extends IOException {
        private static final long serialVersionUID = 1;

        BeingClosed() {
            super("the LUN's file is being closed");
        }
    }

    /** Carries an IOException through the map's function. */
    private static final class OpenFailed extends RuntimeException {
        private static final long serialVersionUID = 1;
        final IOException cause;

        OpenFailed(IOException cause) {
            super(cause);
            this.cause = cause;
        }
    }
}
