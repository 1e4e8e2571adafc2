package dev.lunaria.node.volume;

import dev.lunaria.linux.DeviceUsers;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.node.attach.AttachSpec;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.format.Filesystem;
import dev.lunaria.node.format.Formatter;
import dev.lunaria.node.mount.MountPoints;
import dev.lunaria.node.volume.StagePhases.Phase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Volumes that are attached, formatted and mounted at their staging path. For platform threads, as
 * its calls block in the kernel; one operation at a time on each volume.
 *
 * <p>Every step may be repeated from any state: what is done already is read back from the kernel
 * and the backend, and a disk that is dead, fenced or of an older epoch is cleared away first, with
 * all that is mounted from it.
 */
public final class StagedVolumes {
    private static final Logger log = LoggerFactory.getLogger(StagedVolumes.class);

    private final VolumeLocks locks;
    private final VolumeRecords records;
    private final Disks disks;
    private final Formatter formatter;
    private final VolumeFilesystems filesystems;
    private final MountPoints mounts;
    private final Leftovers leftovers;
    private volatile StagePhases phases = StagePhases.NONE;

    /** Staged volumes over the parts that do the work. */
    public StagedVolumes(
            VolumeLocks locks,
            VolumeRecords records,
            Disks disks,
            Formatter formatter,
            VolumeFilesystems filesystems,
            MountPoints mounts) {
        this.locks = locks;
        this.records = records;
        this.disks = disks;
        this.formatter = formatter;
        this.filesystems = filesystems;
        this.mounts = mounts;
        this.leftovers = new Leftovers(mounts);
    }

    /** Has the phases of stages timed; before the first one. */
    public void measure(StagePhases measured) {
        phases = measured;
    }

    /**
     * Attaches, formats once, mounts.
     *
     * @throws NodeFailure DIFFERENT where it is staged otherwise, and as the parts throw it
     */
    public void stage(StageRequest request) {
        locks.run(request.volumeId(), "staging", () -> stageLocked(request));
    }

    /**
     * Unmounts and detaches; nothing where it isn't staged.
     *
     * @throws NodeFailure PRECONDITION where it is still published or in use
     */
    public void unstage(String volumeId, Path stagingPath) {
        locks.run(
                volumeId, "unstaging", () -> unstageLocked(volumeId, mounts.resolve(stagingPath)));
    }

    /** As {@link #stage}, for a caller that holds the volume's lock. */
    void stageLocked(StageRequest request) throws IOException {
        String volumeId = request.volumeId();
        long epoch = request.context().epoch();
        Path stagingPath = mounts.resolve(request.stagingPath());
        Optional<VolumeRecord> record = records.read(volumeId);
        Optional<AttachedDisk> disk = disks.find(volumeId);
        requireNotOlder(epoch, record, disk);
        if (record.isPresent() && disk.isPresent() && isStaged(record.get(), disk.get(), epoch)) {
            requireSame(record.get(), request, stagingPath);
            if (!hasFailed(record.get())) {
                growLate(record.get(), disk.get());
                return;
            }
            requireUnpublished(stagingPath, record, disk.get());
            log.warn("the kernel found errors in the filesystem; it is detached and staged anew");
            mounts.unmountAll(stagingPath);
            disks.detach(volumeId, true);
            disk = Optional.empty();
        }
        leftovers.requireOurs(stagingPath, record, disk);
        leftovers.detach(stagingPath, record, disk);
        if (disk.isPresent()
                && !(Disks.isAlive(disk.get())
                        && Disks.isThe(disk.get(), epoch, request.context().identity()))) {
            log.atWarn()
                    .addKeyValue("epoch", disk.get().epoch())
                    .addKeyValue("state", disk.get().state())
                    .log("a disk that can't be used any more is detached");
            disks.detach(volumeId, true);
        }
        Map<Path, Boolean> published = record.map(VolumeRecord::published).orElse(Map.of());
        VolumeRecord intent = VolumeRecord.of(request, stagingPath, published);
        records.write(intent);
        try {
            attachAndMount(request, intent);
        } catch (NodeFailure failure) {
            if (Disks.isFinal(failure)) {
                undo(intent);
            }
            throw failure;
        } catch (IOException e) {
            undo(intent);
            throw e;
        }
    }

    /** Whether the record's volume is there and works, as the kernel and the backend have it. */
    boolean isStaged(VolumeRecord record, AttachedDisk disk, long epoch) throws IOException {
        if (!Disks.isAlive(disk)
                || !Disks.isThe(disk, epoch, record.identity())
                || record.epoch() != epoch) {
            return false;
        }
        return switch (record.usage()) {
            case Usage.Block _ -> record.device().equals(disk.device().toString());
            case Usage.Mount mount -> {
                List<MountInfo> staged = mounts.table().at(record.stagingPath());
                yield !staged.isEmpty()
                        && staged.getLast().type().equals(mount.filesystem())
                        && mounts.isFrom(staged.getLast(), disk.device());
            }
        };
    }

    /** Whether the volume's filesystem has failed since it was mounted. */
    boolean hasFailed(VolumeRecord record) throws IOException {
        return switch (record.usage()) {
            case Usage.Block _ -> false;
            case Usage.Mount mount -> filesystems.hasFailed(record, mount);
        };
    }

    private void growLate(VolumeRecord record, AttachedDisk disk) throws IOException {
        // While the target is away nothing is asked of the disk.
        if (disk.state() == AttachedDisk.State.ONLINE
                && record.usage() instanceof Usage.Mount mount) {
            filesystems.growLate(record, mount, disk);
        }
    }

    private void attachAndMount(StageRequest request, VolumeRecord intent) throws IOException {
        filesystems.requireMountable(request.usage());
        AttachSpec spec = disks.spec(request);
        AttachedDisk disk = phases.timed(Phase.ATTACH, () -> disks.attach(spec));
        try {
            use(request, intent, spec, disk);
        } catch (NodeFailure | IOException failure) {
            if (!isThere(disk)) {
                throw diedMeanwhile(failure);
            }
            throw failure;
        }
        log.atInfo()
                .addKeyValue("epoch", request.context().epoch())
                .addKeyValue("path", intent.stagingPath())
                .log("staged");
    }

    private boolean isThere(AttachedDisk disk) {
        try {
            return disks.find(disk.volumeId())
                    .filter(now -> Disks.isThe(now, disk.epoch(), disk.identity()))
                    .isPresent();
        } catch (NodeFailure unanswered) {
            return false;
        }
    }

    /** What the kernel and its tools say of a disk without a process is no news of the volume. */
    private static NodeFailure diedMeanwhile(Exception failure) {
        return new NodeFailure(
                Kind.UNAVAILABLE,
                "the disk process ended while the volume was being staged; repeat when it runs again (%s)"
                        .formatted(failure.getMessage()),
                failure);
    }

    private void use(StageRequest request, VolumeRecord intent, AttachSpec spec, AttachedDisk disk)
            throws IOException {
        switch (request.usage()) {
            case Usage.Block _ -> {
                formatter.requireNotFormatting(request.volumeId());
                reportHolders(disk.device());
                records.write(intent.withDevice(disk.device()));
            }
            case Usage.Mount mount -> {
                Filesystem filesystem = Filesystem.named(mount.filesystem());
                AttachedDisk ready =
                        phases.timed(Phase.FORMAT, () -> formatter.prepare(spec, disk, filesystem));
                records.write(intent.withDevice(ready.device()));
                phases.timed(Phase.FSCK, () -> filesystems.makeFit(intent, mount, ready));
                phases.timed(Phase.MOUNT, () -> filesystems.mount(intent, mount, ready));
            }
        }
    }

    /** The host's LVM or md may take what it finds on a raw volume for its own. */
    private static void reportHolders(Path device) {
        List<String> holders = DeviceUsers.holders(device);
        if (!holders.isEmpty()) {
            log.atWarn()
                    .addKeyValue("device", device)
                    .addKeyValue("holders", holders)
                    .log(
                            "the host has activated what is on the raw volume; it can't be detached"
                                    + " before that is taken down: keep LVM and md off loop devices");
        }
    }

    private void unstageLocked(String volumeId, Path stagingPath) throws IOException {
        Optional<VolumeRecord> record = records.read(volumeId);
        Optional<AttachedDisk> disk = disks.find(volumeId);
        boolean alive = disk.isPresent() && Disks.isAlive(disk.get());
        if (alive) {
            requireUnpublished(stagingPath, record, disk.get());
            mounts.unmountAll(stagingPath);
        } else {
            leftovers.detach(stagingPath, record, disk);
            mounts.detachAll(stagingPath);
        }
        if (disk.isPresent()) {
            disks.detach(volumeId, !alive);
        }
        records.delete(volumeId);
    }

    private void requireUnpublished(
            Path stagingPath, Optional<VolumeRecord> record, AttachedDisk disk) throws IOException {
        List<Path> others = leftovers.alsoMountedAt(stagingPath);
        if (others.isEmpty() && record.isPresent() && record.get().usage() instanceof Usage.Block) {
            MountTable table = mounts.table();
            others =
                    record.get().published().keySet().stream()
                            .filter(path -> PublishedVolumes.isDeviceAt(table, path, disk.device()))
                            .toList();
        }
        if (!others.isEmpty()) {
            throw NodeFailure.precondition(
                    "the volume is still published at %s; unpublish it there first"
                            .formatted(others));
        }
    }

    /** After a failure that the orchestrator takes for final: nobody will unstage. */
    private void undo(VolumeRecord intent) {
        try {
            leftovers.detach(intent.stagingPath(), Optional.of(intent), Optional.empty());
            disks.detach(intent.volumeId(), true);
            records.delete(intent.volumeId());
        } catch (IOException | RuntimeException e) {
            log.atWarn()
                    .setCause(e)
                    .log("what was begun is left behind; a repeated stage or unstage clears it");
        }
    }

    private static void requireNotOlder(
            long epoch, Optional<VolumeRecord> record, Optional<AttachedDisk> disk) {
        long newest =
                Math.max(
                        record.map(VolumeRecord::epoch).orElse(0L),
                        disk.map(AttachedDisk::epoch).orElse(0L));
        if (epoch < newest) {
            throw NodeFailure.precondition(
                    ("publish_context is of epoch %d, and the volume was staged with epoch %d; a"
                                    + " late call can't bring the older back")
                            .formatted(epoch, newest));
        }
    }

    private static void requireSame(VolumeRecord record, StageRequest request, Path stagingPath) {
        if (!record.identity().equals(request.context().identity())) {
            throw NodeFailure.precondition(
                    "logical unit %s is staged, and %s is asked for"
                            .formatted(record.identity(), request.context().identity()));
        }
        if (!record.stagingPath().equals(stagingPath)) {
            throw new NodeFailure(
                    Kind.DIFFERENT, "the volume is staged at " + record.stagingPath() + " already");
        }
        boolean sameUsage =
                switch (record.usage()) {
                    case Usage.Block _ -> request.usage() instanceof Usage.Block;
                    case Usage.Mount mine ->
                            request.usage() instanceof Usage.Mount theirs
                                    && mine.filesystem().equals(theirs.filesystem());
                };
        if (!sameUsage || record.readOnly() != request.readOnly()) {
            throw new NodeFailure(
                    Kind.DIFFERENT,
                    "the volume is staged as %s%s already"
                            .formatted(record.usage(), record.readOnly() ? ", read-only" : ""));
        }
    }
}
