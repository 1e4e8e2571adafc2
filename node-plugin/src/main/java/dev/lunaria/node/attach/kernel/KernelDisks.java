package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.linux.BlockDevices;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.DeviceUsers;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.attach.AttachBackend;
import dev.lunaria.node.attach.AttachSpec;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.attach.FormatState;
import dev.lunaria.node.disk.session.UnitException;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.Secret;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Volumes as disks of the kernel's initiator. For any thread; callers hold the volume's lock.
 *
 * <p>The kernel keeps sessions and disks when this process ends, and the next one takes them over:
 * {@link #adopt}. Bounded to {@value #MAX_DISKS} disks.
 */
public final class KernelDisks implements AttachBackend {
    private static final Logger log = LoggerFactory.getLogger(KernelDisks.class);

    static final int MAX_DISKS = 256;

    private static final Duration LOGIN = Duration.ofSeconds(25);
    private static final Duration APPEAR = Duration.ofSeconds(15);
    private static final Duration COMMAND = Duration.ofSeconds(40);
    private static final Duration FLUSH = Duration.ofSeconds(40);
    private static final Duration GO = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofSeconds(5);

    private final KernelSession.Surroundings with;
    private final SessionRecords records;
    private final KernelCalls kernel;
    private final Settings settings;
    private final Map<String, KernelDisk> disks = new ConcurrentHashMap<>();

    /** Finds one of the installation's keys. */
    @FunctionalInterface
    public interface Keys {
        /** The key of that id, where this node has it. */
        Optional<Secret> key(String keyId);
    }

    /**
     * What holds for all disks.
     *
     * @param replacementTimeout how long I/O waits for a lost target before it fails; empty:
     *     without limit
     * @param wants what each session brings into its negotiation
     * @param keys from which secrets are derived again after a restart
     */
    public record Settings(
            Optional<Duration> replacementTimeout, OperationalWants wants, Keys keys) {}

    KernelDisks(
            KernelSession.Surroundings with,
            SessionRecords records,
            KernelCalls kernel,
            Settings settings) {
        this.with = with;
        this.records = records;
        this.kernel = kernel;
        this.settings = settings;
        var _ =
                with.threads()
                        .scheduleWithFixedDelay(
                                this::look,
                                LOOK.toMillis(),
                                LOOK.toMillis(),
                                TimeUnit.MILLISECONDS);
    }

    /** For events that were lost. */
    private void look() {
        disks.values().forEach(disk -> disk.session().look());
    }

    /**
     * Takes over what an earlier process left in the kernel, before anything else is done. A
     * session that has no disk yet, or no record, is ended: nothing can be using it, or nobody
     * knows whose it is. Sessions of others are left alone.
     */
    public void adopt() throws IOException {
        List<SessionTree.Found> found = with.tree().sessions();
        for (SessionRecord record : records.list()) {
            Optional<SessionTree.Found> its =
                    found.stream().filter(session -> isOf(session, record)).findFirst();
            if (its.isPresent()) {
                adopt(record, its.get());
            } else {
                records.delete(record.volumeId());
            }
        }
        for (SessionTree.Found session : found) {
            if (isOurs(session) && !isKnown(session)) {
                end(session);
            }
        }
    }

    private void adopt(SessionRecord record, SessionTree.Found found) throws IOException {
        SessionSettings known = sessionSettings(record, Optional.empty());
        KernelSession session =
                KernelSession.adopt(
                        with,
                        known,
                        () -> sessionSettings(record, Optional.of(secrets(record))),
                        SessionNames.of(record.epoch()),
                        found.numbers());
        var disk = new KernelDisk(record, session, with.tree());
        if (!disk.isThere()) {
            session.end("it had no disk yet when its process ended");
            records.delete(record.volumeId());
            return;
        }
        disks.put(record.volumeId(), disk);
        log.atInfo()
                .addKeyValue("volume", record.volumeId())
                .addKeyValue("epoch", Long.toUnsignedString(record.epoch()))
                .addKeyValue("device", disk.path())
                .log("taken over");
    }

    private static boolean isOf(SessionTree.Found session, SessionRecord record) {
        return session.target().equals(record.targetName())
                && session.initiator().equals(record.initiatorName())
                && session.interfaceName().equals(SessionNames.of(record.epoch()));
    }

    /** By its name; one that was killed before it got a name has no target either. */
    private static boolean isOurs(SessionTree.Found session) {
        boolean unnamed =
                session.target().isEmpty()
                        && session.interfaceName().isEmpty()
                        && session.creator().equals("-1");
        return unnamed || SessionNames.epoch(session.interfaceName()).isPresent();
    }

    private boolean isKnown(SessionTree.Found session) {
        return disks.values().stream()
                .anyMatch(disk -> disk.session().numbers().equals(session.numbers()));
    }

    private void end(SessionTree.Found session) throws IOException {
        log.atInfo()
                .addKeyValue("session", session.numbers().session())
                .addKeyValue("target", session.target())
                .log("a session of an earlier process that no record knows is ended");
        with.initiator().destroy(session.numbers().session());
    }

    private ChapSecretDerivation.Secrets secrets(SessionRecord record) {
        Secret key =
                settings.keys()
                        .key(record.keyId())
                        .orElseThrow(() ->
                                NodeFailure.precondition(
                                        "this node has no installation key '%s' any more"
                                                .formatted(record.keyId())));
        return ChapSecretDerivation.derive(key, record.grant());
    }

    private SessionSettings sessionSettings(
            SessionRecord record, Optional<ChapSecretDerivation.Secrets> secrets) {
        RecoverySettings d = RecoverySettings.DEFAULTS;
        return new SessionSettings(
                record.portals().stream().map(Portal::parse).toList(),
                record.initiatorName(),
                record.targetName(),
                Isid.of(record.grant().node(), record.volumeId(), SessionNames.PATH),
                secrets.map(s -> credential(record.initiatorName(), s.initiator())),
                secrets.map(s -> credential(record.targetName(), s.target())),
                settings.wants(),
                new RecoverySettings(
                        d.nopInterval(),
                        d.nopTimeout(),
                        d.loginTimeout(),
                        d.commandTimeout(),
                        d.abortTimeout(),
                        d.resetTimeout(),
                        d.logoutTimeout(),
                        d.firstBackOff(),
                        d.maxBackOff(),
                        settings.replacementTimeout(),
                        d.maxInFlight(),
                        d.maxQueued()));
    }

    private static ChapCredential credential(String name, Secret secret) {
        return new ChapCredential(name, ChapSecret.of(secret.revealText()));
    }

    @Override
    public AttachedDisk attach(AttachSpec spec) {
        if (spec.privateWrites()) {
            throw new NodeFailure(
                    Kind.INVALID, "a disk of the kernel has no writes that stay on this node");
        }
        KernelDisk there = disks.get(spec.volumeId());
        if (there != null) {
            int order = Long.compareUnsigned(there.record().epoch(), spec.epoch());
            if (order > 0) {
                throw NodeFailure.precondition(
                        "volume %s is attached with the newer epoch %s"
                                .formatted(
                                        spec.volumeId(),
                                        Long.toUnsignedString(there.record().epoch())));
            }
            if (order == 0 && there.isAlive()) {
                return same(there, spec).attached();
            }
            end(there, order < 0 ? "a newer epoch is attached" : "attached anew");
        }
        if (disks.size() >= MAX_DISKS) {
            throw new NodeFailure(
                    Kind.UNAVAILABLE, MAX_DISKS + " volumes are attached; detach one first");
        }
        return make(spec).attached();
    }

    private static KernelDisk same(KernelDisk there, AttachSpec spec) {
        if (there.record().readOnly() != spec.readOnly()
                || !there.record().identity().equals(spec.identity())) {
            throw NodeFailure.precondition(
                    "volume %s is attached already, with another access mode or identity; detach it first"
                            .formatted(spec.volumeId()));
        }
        return there;
    }

    private KernelDisk make(AttachSpec spec) {
        SessionRecord record = SessionRecord.of(spec);
        KernelDisk disk = null;
        boolean done = false;
        try {
            records.write(record);
            KernelSession session =
                    KernelSession.open(
                            with,
                            sessionSettings(record, Optional.of(spec.secrets())),
                            SessionNames.of(spec.epoch()));
            disk = new KernelDisk(record, session, with.tree());
            disks.put(spec.volumeId(), disk);
            awaitLogin(session, spec);
            KernelDisk made = disk;
            kernel.run(COMMAND, "scanning volume " + spec.volumeId(), () -> appear(made));
            done = true;
            log.atInfo()
                    .addKeyValue("volume", spec.volumeId())
                    .addKeyValue("epoch", Long.toUnsignedString(spec.epoch()))
                    .addKeyValue("device", disk.path())
                    .log("attached");
            return disk;
        } catch (KernelDisk.WrongUnit e) {
            throw new NodeFailure(Kind.PRECONDITION, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new NodeFailure(
                    Kind.BROKEN, "can't attach a disk of the kernel: " + e.getMessage(), e);
        } catch (KernelCalls.Hung e) {
            throw new NodeFailure(Kind.TIMED_OUT, e.getMessage() + "; repeat", e);
        } finally {
            if (!done && disk != null) {
                end(disk, "attaching failed");
            }
        }
    }

    private static void appear(KernelDisk disk) throws IOException {
        try {
            disk.appear(APPEAR);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private static void awaitLogin(KernelSession session, AttachSpec spec) {
        KernelSession.Status status;
        try {
            status = session.firstLogin().get(LOGIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NodeFailure(
                    Kind.UNAVAILABLE,
                    "no login to %s within %d s: %s; repeat"
                            .formatted(
                                    spec.targetName(),
                                    LOGIN.toSeconds(),
                                    session.status().reason()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeFailure(Kind.UNAVAILABLE, "this process is stopping", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("nothing completes it exceptionally", e);
        }
        switch (status.state()) {
            case ONLINE -> {}
            case FENCED ->
                    throw NodeFailure.precondition(
                            "the target refuses volume %s: %s"
                                    .formatted(spec.volumeId(), status.reason()));
            case NEW, RECOVERING, ENDED ->
                    throw new NodeFailure(Kind.UNAVAILABLE, status.reason() + "; repeat");
        }
    }

    /** Ends a disk at once, and waits a while for the kernel to have removed it. */
    private void end(KernelDisk disk, String why) {
        disk.session().end(why);
        awaitGone(disk);
        forget(disk);
    }

    private void awaitGone(KernelDisk disk) {
        long end = System.nanoTime() + GO.toNanos();
        try {
            while (with.tree().exists(disk.session().numbers().session())) {
                if (System.nanoTime() > end) {
                    log.atWarn()
                            .addKeyValue("volume", disk.record().volumeId())
                            .addKeyValue("device", disk.path())
                            .log("the kernel takes long to remove a disk; it goes on by itself");
                    return;
                }
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void forget(KernelDisk disk) {
        disks.remove(disk.record().volumeId(), disk);
        try {
            records.delete(disk.record().volumeId());
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("volume", disk.record().volumeId())
                    .setCause(e)
                    .log("a session's record stays; the next start removes it");
        }
    }

    @Override
    public void detach(String volumeId, boolean discardWrites) {
        KernelDisk disk = disks.get(volumeId);
        if (disk == null) {
            return;
        }
        if (discardWrites || !disk.isAlive()) {
            end(disk, "detached without its last writes");
        } else {
            release(disk);
        }
        log.atInfo()
                .addKeyValue("volume", volumeId)
                .addKeyValue("epoch", Long.toUnsignedString(disk.record().epoch()))
                .addKeyValue("device", disk.path())
                .log("detached");
    }

    private void release(KernelDisk disk) {
        String id = disk.record().volumeId();
        KernelSession.Status status = disk.session().status();
        if (status.state() != KernelSession.State.ONLINE) {
            throw new NodeFailure(
                    Kind.UNAVAILABLE,
                    "the target of volume %s is away (%s); repeat, or discard its writes"
                            .formatted(id, status.reason()));
        }
        try {
            if (kernel.within(GO, "looking at " + disk.path(), () -> isClaimed(disk))) {
                throw inUse(disk);
            }
            flushLast(disk);
            disk.session().logOut(GO);
        } catch (IOException e) {
            throw new NodeFailure(Kind.BROKEN, "volume " + id + ": " + e.getMessage(), e);
        } catch (KernelCalls.Hung e) {
            throw new NodeFailure(Kind.TIMED_OUT, e.getMessage() + "; repeat", e);
        }
        awaitGone(disk);
        forget(disk);
    }

    private static boolean isClaimed(KernelDisk disk) throws IOException {
        return disk.hasDevice() && BlockDevices.isClaimed(disk.path());
    }

    /** What can't be flushed any more is lost: said once, and the disk goes all the same. */
    private void flushLast(KernelDisk disk) {
        try {
            kernel.run(FLUSH, "flushing " + disk.path(), () -> flush(disk));
        } catch (IOException e) {
            end(disk, "the last flush failed");
            throw new NodeFailure(
                    Kind.BROKEN,
                    "volume %s was detached and its last flush failed, so that writes are lost: %s"
                            .formatted(disk.record().volumeId(), e.getMessage()),
                    e);
        }
    }

    private static void flush(KernelDisk disk) throws IOException {
        if (!disk.hasDevice() || disk.record().readOnly()) {
            return;
        }
        try (Descriptor device = Descriptor.open(disk.path(), OpenFlags.O_RDWR, 0)) {
            FileControl.fsync(device);
        }
    }

    private static NodeFailure inUse(KernelDisk disk) {
        List<String> users =
                disk.number().map(number -> DeviceUsers.of(disk.path(), number)).orElse(List.of());
        return NodeFailure.precondition(
                "%s of volume %s is in use%s; end that first"
                        .formatted(
                                disk.path(),
                                disk.record().volumeId(),
                                users.isEmpty() ? "" : ": " + String.join(", ", users)));
    }

    @Override
    public AttachedDisk refreshSize(String volumeId) {
        KernelDisk disk = online(volumeId);
        try {
            long wanted = kernel.within(COMMAND, "asking for the size", disk::examine).sizeBytes();
            long now = kernel.within(COMMAND, "rescanning " + disk.path(), disk::refreshSize);
            if (now < wanted) {
                throw new NodeFailure(
                        Kind.BROKEN,
                        "%s stays at %d bytes, and the logical unit has %d; detach and attach it"
                                .formatted(disk.path(), now, wanted));
            }
            return disk.attached();
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        } catch (KernelCalls.Hung e) {
            throw new NodeFailure(Kind.TIMED_OUT, e.getMessage() + "; repeat", e);
        }
    }

    private KernelDisk online(String volumeId) {
        KernelDisk disk = disks.get(volumeId);
        if (disk == null) {
            throw new NodeFailure(
                    Kind.NOT_FOUND, "volume " + volumeId + " isn't attached; attach it first");
        }
        KernelSession.Status status = disk.session().status();
        switch (status.state()) {
            case ONLINE -> {}
            case NEW, RECOVERING ->
                    throw new NodeFailure(
                            Kind.UNAVAILABLE,
                            "the target of volume %s is away (%s); repeat"
                                    .formatted(volumeId, status.reason()));
            case FENCED, ENDED ->
                    throw NodeFailure.precondition(
                            "volume %s is fenced: %s".formatted(volumeId, status.reason()));
        }
        return disk;
    }

    @Override
    public List<AttachedDisk> list() {
        return disks.values().stream().map(KernelDisk::attached).toList();
    }

    @Override
    public FormatState format(String volumeId) {
        KernelDisk disk = online(volumeId);
        return formatState("reading the format state", () -> disk.format().read());
    }

    @Override
    public FormatState beginFormat(String volumeId, long generation, String filesystem) {
        KernelDisk disk = online(volumeId);
        return formatState(
                "beginning to format", () -> disk.format().begin(generation, filesystem));
    }

    @Override
    public FormatState finishFormat(String volumeId, long generation) {
        KernelDisk disk = online(volumeId);
        return formatState("finishing to format", () -> disk.format().finish(generation));
    }

    private FormatState formatState(
            String what, KernelCalls.Call<CompletableFuture<FormatStatePage>> call) {
        try {
            return formatState(kernel.within(COMMAND, what, () -> call.run().join()));
        } catch (CompletionException e) {
            throw failure(what, e);
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        } catch (KernelCalls.Hung e) {
            throw new NodeFailure(Kind.TIMED_OUT, e.getMessage() + "; repeat", e);
        }
    }

    private static NodeFailure failure(String what, CompletionException e) {
        String message = what + ": " + e.getCause();
        if (!(e.getCause() instanceof UnitException unit)) {
            return new NodeFailure(Kind.BROKEN, message, e);
        }
        Kind kind =
                switch (unit.reason()) {
                    case REFUSED, WRONG_UNIT, NOT_ALLOWED -> Kind.PRECONDITION;
                    case UNAVAILABLE, CLOSED -> Kind.UNAVAILABLE;
                    case CHANGED -> Kind.BUSY;
                    case FAILED -> Kind.BROKEN;
                };
        return new NodeFailure(kind, what + ": " + unit.getMessage(), unit);
    }

    private static FormatState formatState(FormatStatePage page) {
        return switch (page.state()) {
            case BLANK -> new FormatState.Blank(page.generation());
            case FORMATTING ->
                    new FormatState.Formatting(
                            page.generation(),
                            page.filesystem(),
                            page.mine(),
                            page.ownerFenced(),
                            page.ownerNode());
            case READY -> new FormatState.Ready(page.generation(), page.filesystem());
        };
    }
}
