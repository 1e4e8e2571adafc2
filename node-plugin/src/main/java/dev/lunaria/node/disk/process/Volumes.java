package dev.lunaria.node.disk.process;

import dev.lunaria.iscsi.initiator.SessionState;
import dev.lunaria.linux.DeviceUsers;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.DiskRemains;
import dev.lunaria.node.disk.PrivateWrites;
import dev.lunaria.node.disk.UserspaceDisk;
import dev.lunaria.node.disk.fuse.FuseOptions;
import dev.lunaria.node.disk.process.DiskFailure.Kind;
import dev.lunaria.node.disk.session.DiskLoops;
import dev.lunaria.node.disk.session.IscsiDisk;
import dev.lunaria.node.disk.session.Unit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The volumes that this process has attached; the truth is here alone, and ends with the process.
 *
 * <p>Any platform thread (calls wait for the kernel); calls for one volume follow each other. At
 * most {@link #MAX_DISKS}.
 */
final class Volumes implements AutoCloseable {
    /** Volumes at a time. */
    static final int MAX_DISKS = 256;

    private static final Logger log = LoggerFactory.getLogger(Volumes.class);

    /** How long a first login may take: the caller repeats. */
    private static final Duration LOGIN = Duration.ofSeconds(10);

    private static final Duration LOGOUT = Duration.ofSeconds(10);
    private static final Duration LOCK = Duration.ofSeconds(20);

    private final Path folder;
    private final FuseOptions options;
    private final DiskLoops loops = new DiskLoops();
    private final VolumeLocks locks = new VolumeLocks();
    private final Map<String, AttachedVolume> attached = new ConcurrentHashMap<>();

    /** Of volumes that are attached or being attached; changed under the volume's lock. */
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();

    private final ExecutorService growth =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("disk-growth").factory());

    private record Session(long epoch, IscsiDisk disk) {}

    private final DiskMetrics metrics;

    private Volumes(Path folder, FuseOptions options, DiskMetrics metrics) {
        this.folder = folder;
        this.options = options;
        this.metrics = metrics;
    }

    /**
     * No volumes yet. What a killed predecessor left in the folder is removed.
     *
     * @param folder of the FUSE files; this process's alone
     */
    static Volumes open(Path folder, FuseOptions options, DiskMetrics metrics) throws IOException {
        Files.createDirectories(folder);
        Path real = folder.toRealPath();
        DiskRemains.removeAt(real);
        Volumes volumes = new Volumes(real, options, metrics);
        metrics.serve(volumes::list);
        return volumes;
    }

    /** Logs in and makes the block device, or returns the one of the same epoch. */
    AttachedVolume attach(AttachSpec spec) {
        Session session = sessions.get(spec.volumeId());
        if (session != null && Long.compareUnsigned(session.epoch(), spec.epoch()) < 0) {
            // Before the lock: a call for the older epoch may be waiting for I/O that never ends.
            session.disk().destroy("a newer epoch is attached");
        }
        return locks.alone(spec.volumeId(), LOCK, () -> attachAlone(spec));
    }

    private AttachedVolume attachAlone(AttachSpec spec) {
        AttachedVolume there = attached.get(spec.volumeId());
        if (there != null) {
            int order = Long.compareUnsigned(there.spec().epoch(), spec.epoch());
            if (order > 0) {
                throw new DiskFailure(
                        Kind.PRECONDITION,
                        "volume %s is attached with the newer epoch %s"
                                .formatted(
                                        spec.volumeId(),
                                        Long.toUnsignedString(there.spec().epoch())));
            }
            if (order == 0 && there.isAlive()) {
                return same(there, spec);
            }
            destroy(there, order < 0 ? "a newer epoch is attached" : "attached anew");
        }
        if (attached.size() >= MAX_DISKS) {
            throw new DiskFailure(
                    Kind.TOO_MANY, MAX_DISKS + " volumes are attached; detach one first");
        }
        AttachedVolume made = make(spec);
        attached.put(spec.volumeId(), made);
        log.atInfo()
                .addKeyValue("volume", spec.volumeId())
                .addKeyValue("epoch", Long.toUnsignedString(spec.epoch()))
                .addKeyValue("device", made.device().device())
                .log("attached");
        return made;
    }

    private static AttachedVolume same(AttachedVolume there, AttachSpec spec) {
        if (there.spec().address().readOnly() != spec.address().readOnly()
                || there.spec().privateWrites() != spec.privateWrites()
                || !there.spec().address().identity().equals(spec.address().identity())) {
            throw new DiskFailure(
                    Kind.PRECONDITION,
                    "volume %s is attached already, with another access mode or identity; detach it first"
                            .formatted(spec.volumeId()));
        }
        return there;
    }

    private AttachedVolume make(AttachSpec spec) {
        DiskMetrics.Meter meter = metrics.attaching(spec.volumeId());
        IscsiDisk session = IscsiDisk.open(spec.address(), loops, meter::stateChanged);
        sessions.put(spec.volumeId(), new Session(spec.epoch(), session));
        boolean done = false;
        try {
            awaitLogin(session, spec);
            Path file = folder.resolve(fileName(spec));
            UserspaceDisk device = open(spec, meter.metered(session), session, file);
            session.onGrowth(() -> growth.execute(() -> grow(spec, device)));
            done = true;
            return new AttachedVolume(spec, session, device, file);
        } catch (IOException e) {
            throw new DiskFailure(Kind.BROKEN, "can't make a block device: " + e.getMessage(), e);
        } finally {
            if (!done) {
                session.destroy("attaching failed");
                sessions.remove(spec.volumeId());
                metrics.detached(spec.volumeId());
            }
        }
    }

    private UserspaceDisk open(AttachSpec spec, BlockIo blocks, IscsiDisk session, Path file)
            throws IOException {
        FuseOptions fuse = options.asReadOnly(spec.refusesWrites());
        if (!spec.privateWrites()) {
            return UserspaceDisk.open(file, blocks, fuse, session.loop());
        }
        Path scratch = file.resolveSibling(file.getFileName() + ".scratch");
        PrivateWrites writes = PrivateWrites.over(blocks, scratch);
        try {
            UserspaceDisk device = UserspaceDisk.open(file, writes, fuse, session.loop());
            var _ = session.ended().thenRunAsync(writes::close);
            return device;
        } catch (IOException | RuntimeException e) {
            writes.close();
            throw e;
        }
    }

    private static void awaitLogin(IscsiDisk session, AttachSpec spec) {
        try {
            session.online().get(LOGIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            IscsiDisk.Status status = session.status();
            boolean noAnswer =
                    status.state() == SessionState.WAITING
                            || status.state() == SessionState.CONNECTING;
            throw new DiskFailure(
                    noAnswer ? Kind.UNAVAILABLE : Kind.TOO_LONG,
                    "no login to %s within %d s: %s; repeat"
                            .formatted(
                                    spec.address().session().targetName(),
                                    LOGIN.toSeconds(),
                                    status.reason()),
                    e);
        } catch (ExecutionException e) {
            throw UnitAnswers.failure(e.getCause());
        } catch (InterruptedException e) {
            throw UnitAnswers.interrupted(e);
        }
    }

    /** Unique for volume and epoch, short, and says nothing to the kernel's parsers. */
    private static String fileName(AttachSpec spec) {
        UUID hash = UUID.nameUUIDFromBytes(spec.volumeId().getBytes(StandardCharsets.UTF_8));
        return hash + "-" + Long.toUnsignedString(spec.epoch());
    }

    private static void grow(AttachSpec spec, UserspaceDisk device) {
        try {
            device.refreshSize();
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("volume", spec.volumeId())
                    .setCause(e)
                    .log("the block device keeps its old size; attach the volume again");
        }
    }

    /**
     * Makes the block device as large as the logical unit is now.
     *
     * @throws DiskFailure NOT_ATTACHED; UNAVAILABLE where the target is away; REFUSED after a fence
     */
    AttachedVolume refreshSize(String volumeId) {
        return locks.alone(
                volumeId,
                LOCK,
                () -> {
                    AttachedVolume there = get(volumeId);
                    if (!there.isOnline()) {
                        throw new DiskFailure(
                                there.isAlive() ? Kind.UNAVAILABLE : Kind.REFUSED,
                                "the target of volume %s can't be asked for its size: %s"
                                        .formatted(volumeId, there.session().status().reason()));
                    }
                    Unit unit = UnitAnswers.await(there.session().refresh());
                    refresh(there, unit.sizeBytes());
                    return there;
                });
    }

    private static void refresh(AttachedVolume volume, long bytes) {
        String device = volume.device().device() + " of volume " + volume.spec().volumeId();
        try {
            long now = volume.device().refreshSize();
            if (now < bytes) {
                throw new DiskFailure(
                        Kind.BROKEN,
                        "%s stays at %d bytes, and the logical unit has %d; detach and attach it"
                                .formatted(device, now, bytes));
            }
        } catch (IOException e) {
            throw new DiskFailure(Kind.BROKEN, device + " can't grow: " + e.getMessage(), e);
        }
    }

    /** Removes the block device and logs out; nothing where there is none. */
    void detach(String volumeId, boolean discardWrites) {
        Session session = sessions.get(volumeId);
        if (discardWrites && session != null) {
            // Before the lock: another call may be waiting for I/O that would never end.
            session.disk().destroy("detached without its last writes");
        }
        locks.alone(
                volumeId,
                LOCK,
                () -> {
                    AttachedVolume there = attached.get(volumeId);
                    if (there == null) {
                        return false;
                    }
                    if (discardWrites) {
                        destroy(there, "detached without its last writes");
                    } else {
                        release(there);
                    }
                    return true;
                });
    }

    /** Detaches what nobody uses, in order. */
    private void release(AttachedVolume volume) {
        String id = volume.spec().volumeId();
        if (!volume.isOnline() && volume.isAlive()) {
            throw new DiskFailure(
                    Kind.UNAVAILABLE,
                    "the target of volume %s is away (%s); repeat, or discard its writes"
                            .formatted(id, volume.session().status().reason()));
        }
        try {
            if (volume.device().loop().isClaimed()) {
                throw inUse(volume, null);
            }
            if (!volume.isAlive()) {
                destroy(volume, "detached after the fence");
                return;
            }
            volume.device().close();
        } catch (LinuxException e) {
            if (e.is(Errno.EBUSY)) {
                throw inUse(volume, e);
            }
            destroy(volume, "the last flush failed");
            throw new DiskFailure(Kind.BROKEN, "volume " + id + ": " + e.getMessage(), e);
        } catch (IOException e) {
            destroy(volume, "the last flush failed");
            throw new DiskFailure(Kind.BROKEN, "volume " + id + ": " + e.getMessage(), e);
        }
        logOut(volume);
        forget(volume);
    }

    static DiskFailure inUse(AttachedVolume volume, @Nullable Throwable cause) {
        Path device = volume.device().device();
        List<String> users = DeviceUsers.of(device, volume.device().loop().device());
        return new DiskFailure(
                Kind.PRECONDITION,
                "%s of volume %s is in use%s; end that first"
                        .formatted(
                                device,
                                volume.spec().volumeId(),
                                users.isEmpty() ? "" : ": " + String.join(", ", users)),
                cause);
    }

    private static void logOut(AttachedVolume volume) {
        volume.session().close();
        try {
            volume.session().ended().get(LOGOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            volume.session().destroy("the logout took too long");
        } catch (InterruptedException e) {
            throw UnitAnswers.interrupted(e);
        }
    }

    /** Fails all I/O, then removes the device, whoever uses it. */
    private void destroy(AttachedVolume volume, String why) {
        volume.session().destroy(why);
        try {
            volume.device().abort();
            DiskRemains.removeAt(volume.file());
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("volume", volume.spec().volumeId())
                    .addKeyValue("device", volume.device().device())
                    .setCause(e)
                    .log("a disk's remains stay; its I/O fails, the next start removes them");
        }
        forget(volume);
    }

    private void forget(AttachedVolume volume) {
        attached.remove(volume.spec().volumeId(), volume);
        sessions.remove(volume.spec().volumeId());
        metrics.detached(volume.spec().volumeId());
        log.atInfo()
                .addKeyValue("volume", volume.spec().volumeId())
                .addKeyValue("epoch", Long.toUnsignedString(volume.spec().epoch()))
                .addKeyValue("device", volume.device().device())
                .log("detached");
    }

    /** All, in no order. */
    List<AttachedVolume> list() {
        return List.copyOf(attached.values());
    }

    /**
     * One.
     *
     * @throws DiskFailure NOT_ATTACHED
     */
    AttachedVolume get(String volumeId) {
        AttachedVolume there = attached.get(volumeId);
        if (there == null) {
            throw new DiskFailure(
                    Kind.NOT_ATTACHED, "volume " + volumeId + " isn't attached; attach it first");
        }
        return there;
    }

    /** Detaches what nobody uses; see {@link LastDetach}. */
    @Override
    public void close() {
        new LastDetach(this).run();
        growth.shutdownNow();
    }
}
