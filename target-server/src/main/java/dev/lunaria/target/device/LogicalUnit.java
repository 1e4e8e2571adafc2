package dev.lunaria.target.device;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.target.DeviceServer;
import dev.lunaria.iscsi.target.Nexus;
import dev.lunaria.iscsi.target.UnitFunction;
import dev.lunaria.target.store.BlockStore;
import dev.lunaria.target.store.StoreException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * A logical unit (SAM-5 §4.6.19): one LUN's bytes and state, shared by all its nexuses.
 *
 * <p>Any thread. What it knows of nexuses is guarded by the lock of {@link #remembered}, everything
 * else is lock-free or has its own lock; no lock is held while the store or an initiator is called.
 * Its nexuses are bounded by the sessions that the target takes, what it remembers of those that
 * are gone by {@link UnitLimits#MAX_REMEMBERED}.
 */
public final class LogicalUnit {
    private final UnitIdentity identity;
    private final BlockGeometry geometry;
    private final BlockStore store;
    private final FormatStates formats;
    private final UnitResources resources;
    private final AdditionalSense firstAttention;

    private final TaskGenerations tasks = new TaskGenerations();
    private final FlushLedger ledger = new FlushLedger();
    private final WriteGate gate = new WriteGate();
    private final SpaceWindow space = new SpaceWindow();
    private final Modes modes;
    private final Checks checks;
    private final FormatProtocol formatting;
    private final Flushes flushes;
    private final WritePath writePath;
    private final Reads reads;
    private final Writes writes;
    private final AtomicWrites atomicWrites;
    private final UnitReservations reservations;
    private final Inquiries inquiries;
    private final Capacities capacities;
    private volatile long softThresholdBytes;
    private final Set<ItlNexus> attached = ConcurrentHashMap.newKeySet();
    private final Map<Nexus.Path, Remembered> remembered = new LinkedHashMap<>();

    /** What stays of a nexus whose session ended without its data being durable. */
    private record Remembered(long epoch, FlushLedger.Unflushed unflushed) {}

    /**
     * @param freshHost whether the machine or the unit has started since initiators may last have
     *     seen it: they hear "power on", otherwise "nexus loss", because a mere restart of the
     *     process loses nothing
     */
    public LogicalUnit(
            UnitIdentity identity,
            BlockGeometry geometry,
            BlockStore store,
            FormatStates formats,
            ReservationStates reserved,
            UnitResources resources,
            boolean freshHost) {
        this.identity = identity;
        this.geometry = geometry;
        this.store = store;
        this.formats = formats;
        this.resources = resources;
        this.firstAttention =
                freshHost ? AdditionalSense.POWER_ON_OR_RESET : AdditionalSense.NEXUS_LOSS;
        this.modes = new Modes(this);
        this.checks = new Checks(this);
        this.formatting = new FormatProtocol(this, formats);
        this.flushes = new Flushes(this);
        this.writePath = new WritePath(this);
        this.reads = new Reads(this, resources.buffers());
        this.writes = new Writes(this, resources.buffers());
        this.atomicWrites = new AtomicWrites(this);
        this.reservations = new UnitReservations(this, reserved, resources.targetPorts());
        this.inquiries = new Inquiries(this);
        this.capacities = new Capacities(this);
    }

    /**
     * A session logged in.
     *
     * @return what carries out its commands, until {@link DeviceServer#nexusLost}
     */
    public DeviceServer attach(Nexus nexus, NexusGrant grant) {
        return attach(nexus, grant, false);
    }

    /**
     * A session logged in.
     *
     * @param hasLost whether something may be lost that it wrote before the unit was opened: then
     *     writes and flushes fail until its grant is another one
     */
    public DeviceServer attach(Nexus nexus, NexusGrant grant, boolean hasLost) {
        // Under one lock, so that a flush that fails meanwhile finds it here or there.
        synchronized (remembered) {
            Remembered before = remembered.remove(nexus.path());
            FlushLedger.Unflushed unflushed =
                    before != null && before.epoch() == grant.epoch()
                            ? before.unflushed()
                            : ledger.new Unflushed();
            if (hasLost) {
                unflushed.lost();
            }
            ItlNexus attaching = new ItlNexus(this, nexus, grant, unflushed);
            attaching
                    .attentions()
                    .add(before == null ? firstAttention : AdditionalSense.NEXUS_LOSS);
            attached.add(attaching);
            return attaching;
        }
    }

    /**
     * The session ended.
     *
     * @param comesBack whether what it has not flushed is remembered: an initiator that lost its
     *     connection goes on where it was, one that logged out is done with it
     */
    void detach(ItlNexus nexus, boolean comesBack) {
        reservations.nexusLost(nexus);
        synchronized (remembered) {
            if (!attached.remove(nexus) || !comesBack) {
                return;
            }
            remembered.put(
                    nexus.nexus().path(), new Remembered(nexus.grant().epoch(), nexus.unflushed()));
            if (remembered.size() > UnitLimits.MAX_REMEMBERED) {
                remembered.remove(remembered.keySet().iterator().next());
            }
        }
    }

    /** The store has another size now: every nexus hears of it. */
    public void capacityChanged() {
        attached.forEach(n -> n.attentions().add(AdditionalSense.CAPACITY_DATA_CHANGED));
    }

    /**
     * From so much free space on, in bytes, in what the unit shares with others, initiators are
     * warned; 0: never.
     */
    public void softThreshold(long bytes) {
        softThresholdBytes = bytes;
    }

    /** The free space has fallen below the soft threshold: every nexus hears of it. */
    public void softThresholdReached() {
        attached.forEach(n -> n.attentions().add(AdditionalSense.SOFT_THRESHOLD_REACHED));
    }

    long softThresholdBytes() {
        return softThresholdBytes;
    }

    /** Sessions that are logged in. */
    public int nexuses() {
        return attached.size();
    }

    public UnitIdentity identity() {
        return identity;
    }

    public BlockGeometry geometry() {
        return geometry;
    }

    /**
     * Carries out a task management function for a nexus whose own tasks have drained: {@code done}
     * when everybody's tasks that began before are over.
     */
    void manage(UnitFunction function, ItlNexus by, Runnable done) {
        List<ItlNexus> others = new ArrayList<>(attached);
        others.remove(by);
        Runnable over =
                switch (function) {
                    case CLEAR_TASK_SET -> done;
                    case LOGICAL_UNIT_RESET, TARGET_WARM_RESET ->
                            () -> {
                                reset(AdditionalSense.DEVICE_RESET);
                                done.run();
                            };
                    case TARGET_COLD_RESET ->
                            () -> {
                                reset(AdditionalSense.POWER_ON_OR_RESET);
                                done.run();
                                others.forEach(ItlNexus::endSession);
                            };
                };
        abort(others, () -> tasks.drain(over));
    }

    private void reset(AdditionalSense condition) {
        modes.reset();
        reservations.reset();
        attached.forEach(n -> n.attentions().replaceAll(condition));
    }

    /** Aborts the tasks of nexuses; {@code drained} when none of them can reach the store. */
    void abort(List<ItlNexus> whose, Runnable drained) {
        AtomicInteger remaining = new AtomicInteger(whose.size() + 1);
        Runnable one =
                () -> {
                    if (remaining.decrementAndGet() == 0) {
                        drained.run();
                    }
                };
        whose.forEach(nexus -> nexus.abortTasks(one));
        one.run();
    }

    /** Nexuses that have a session, of some registrants. */
    List<ItlNexus> attached(Set<Registrant> registrants) {
        return attached.stream().filter(n -> registrants.contains(n.registrant())).toList();
    }

    /** All that have a session. */
    Set<Registrant> registrants() {
        return attached.stream().map(ItlNexus::registrant).collect(Collectors.toSet());
    }

    void attention(Set<Registrant> registrants, AdditionalSense condition) {
        attached(registrants).forEach(n -> n.attentions().add(condition));
    }

    /**
     * An initiator was fenced, and its registrations are gone: tells those whom that concerns.
     *
     * @param before the reservations as they were
     */
    public void fenced(Reservations before, String initiatorName) {
        reservations.fenced(before, initiatorName);
    }

    /** A flush failed: whoever has something to lose by it will see it until it detaches. */
    void flushFailed() {
        synchronized (remembered) {
            attached.forEach(n -> n.unflushed().flushFailed());
            remembered.values().forEach(r -> r.unflushed().flushFailed());
        }
    }

    void attentionForOthers(ItlNexus cause, AdditionalSense condition) {
        for (ItlNexus nexus : attached) {
            if (nexus != cause) {
                nexus.attentions().add(condition);
            }
        }
    }

    boolean isFullTransiently() {
        return space.isTransient(resources.clock().instant());
    }

    /** Capacity in logical blocks. */
    long blocks() {
        return geometry.blocks(store.size());
    }

    long offset(long lba) {
        return lba * geometry.logicalBytes();
    }

    /** Of a transfer whose length was checked. */
    int bytes(long blocks) {
        return Math.toIntExact(blocks * geometry.logicalBytes());
    }

    BlockStore store() {
        return store;
    }

    FormatStates formats() {
        return formats;
    }

    TaskGenerations tasks() {
        return tasks;
    }

    FlushLedger ledger() {
        return ledger;
    }

    WriteGate gate() {
        return gate;
    }

    Modes modes() {
        return modes;
    }

    Checks checks() {
        return checks;
    }

    FormatProtocol formatting() {
        return formatting;
    }

    Flushes flushes() {
        return flushes;
    }

    WritePath writePath() {
        return writePath;
    }

    Reads reads() {
        return reads;
    }

    Writes writes() {
        return writes;
    }

    AtomicWrites atomicWrites() {
        return atomicWrites;
    }

    UnitReservations reservations() {
        return reservations;
    }

    Inquiries inquiries() {
        return inquiries;
    }

    Capacities capacities() {
        return capacities;
    }

    /** Runs what may block on the pool; a store failure fails the task. */
    void onPool(Task task, Blocking action) {
        try {
            resources
                    .blocking()
                    .execute(() -> {
                        try {
                            action.run();
                        } catch (StoreException e) {
                            task.failed(e);
                        } catch (RuntimeException | Error e) {
                            task.broke(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            // The target is stopping; the initiator comes again.
            task.status(ScsiStatus.BUSY);
        }
    }

    /** What may block and fail. */
    interface Blocking {
        void run() throws StoreException;
    }
}
