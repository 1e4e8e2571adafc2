package dev.lunaria.node.attach;

import dev.lunaria.linux.BlockDevices;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attaches fake volumes as loop devices over their files: a fake target, on a real kernel. */
public final class LoopDisks implements AttachBackend {
    private static final int BLOCK_BYTES = 512;
    private static final int ATTEMPTS = 20;

    private final Map<String, FakeLun> luns = new HashMap<>();
    private final Map<String, AttachedDisk> disks = new HashMap<>();
    private Runnable beforeAttach = () -> {};
    private Runnable afterFormat = () -> {};

    /** Adds a volume that can be attached. */
    public synchronized void add(String volumeId, FakeLun lun) {
        luns.put(volumeId, lun);
    }

    /** Runs something at the beginning of each attach. */
    public synchronized void beforeAttach(Runnable action) {
        beforeAttach = action;
    }

    /** Runs something at the end of each format, before anybody mounts what was formatted. */
    public synchronized void afterFormat(Runnable action) {
        afterFormat = action;
    }

    /** The disk process dies: devices stay as long as they are mounted, nobody serves them. */
    public synchronized void die() {
        for (AttachedDisk disk : List.copyOf(disks.values())) {
            clear(disk);
        }
        disks.clear();
    }

    @Override
    public synchronized AttachedDisk attach(AttachSpec spec) {
        beforeAttach.run();
        AttachedDisk there = current(spec.volumeId());
        if (there != null
                && there.epoch() == spec.epoch()
                && there.state() != AttachedDisk.State.FENCED) {
            return there;
        }
        FakeLun lun = luns.get(spec.volumeId());
        if (lun == null) {
            throw NodeFailure.precondition("the target refuses the login: no such target");
        }
        if (lun.grantedEpoch() != spec.epoch()) {
            throw NodeFailure.precondition("the target refuses the login: not granted");
        }
        if (!lun.identity.equals(spec.identity())) {
            throw NodeFailure.precondition("another logical unit answers: " + lun.identity);
        }
        if (there != null) {
            clear(there);
        }
        AttachedDisk disk = loop(spec, lun);
        disks.put(spec.volumeId(), disk);
        return disk;
    }

    @Override
    public synchronized void detach(String volumeId, boolean discardWrites) {
        AttachedDisk disk = disks.get(volumeId);
        if (disk == null) {
            return;
        }
        if (!discardWrites && isClaimed(disk)) {
            throw NodeFailure.precondition(disk.device() + " is in use");
        }
        clear(disk);
        disks.remove(volumeId);
    }

    @Override
    public synchronized AttachedDisk refreshSize(String volumeId) {
        AttachedDisk disk = current(volumeId);
        if (disk == null) {
            throw new NodeFailure(Kind.NOT_FOUND, "the volume isn't attached");
        }
        if (disk.state() == AttachedDisk.State.FENCED) {
            throw NodeFailure.precondition("the target refuses the login: not granted");
        }
        FakeLun lun = lun(volumeId);
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDONLY, 0)) {
            growPrivate(lun);
            LoopDevices.setCapacity(device);
            AttachedDisk grown = withSize(disk, BlockDevices.sizeBytes(device));
            disks.put(volumeId, grown);
            return grown;
        } catch (LinuxException e) {
            throw NodeFailure.broken(e);
        }
    }

    private static AttachedDisk withSize(AttachedDisk disk, long bytes) {
        return new AttachedDisk(
                disk.volumeId(),
                disk.epoch(),
                disk.device(),
                bytes,
                disk.blockBytes(),
                disk.state(),
                disk.message(),
                disk.readOnly(),
                disk.identity());
    }

    @Override
    public synchronized List<AttachedDisk> list() {
        List<AttachedDisk> all = new ArrayList<>();
        for (String volumeId : disks.keySet()) {
            AttachedDisk disk = current(volumeId);
            if (disk != null) {
                all.add(disk);
            }
        }
        return all;
    }

    @Override
    public synchronized FormatState format(String volumeId) {
        return lun(volumeId).format();
    }

    @Override
    public synchronized FormatState beginFormat(
            String volumeId, long generation, String filesystem) {
        return lun(volumeId).begin(generation, filesystem);
    }

    @Override
    public synchronized FormatState finishFormat(String volumeId, long generation) {
        FormatState finished = lun(volumeId).finish(generation);
        afterFormat.run();
        return finished;
    }

    private FakeLun lun(String volumeId) {
        FakeLun lun = luns.get(volumeId);
        if (lun == null || !disks.containsKey(volumeId)) {
            throw NodeFailure.precondition("the volume isn't attached");
        }
        return lun;
    }

    private @Nullable AttachedDisk current(String volumeId) {
        AttachedDisk disk = disks.get(volumeId);
        FakeLun lun = luns.get(volumeId);
        if (disk == null || lun == null || lun.grantedEpoch() == disk.epoch()) {
            return disk;
        }
        return new AttachedDisk(
                disk.volumeId(),
                disk.epoch(),
                disk.device(),
                disk.sizeBytes(),
                disk.blockBytes(),
                AttachedDisk.State.FENCED,
                "the target refuses the login",
                disk.readOnly(),
                disk.identity());
    }

    private static AttachedDisk loop(AttachSpec spec, FakeLun lun) {
        try (Descriptor file = open(spec, lun)) {
            for (int attempt = 1; ; attempt++) {
                Path path = LoopDevices.devicePath(LoopDevices.free());
                try (Descriptor device = FileIo.open(path, OpenFlags.O_RDWR, 0)) {
                    boolean refuses = spec.readOnly() && !spec.privateWrites();
                    int flags = refuses ? LoopDevices.LO_FLAGS_READ_ONLY : 0;
                    LoopDevices.configure(device, file, BLOCK_BYTES, flags, spec.volumeId());
                    return new AttachedDisk(
                            spec.volumeId(),
                            spec.epoch(),
                            path,
                            lun.file.toFile().length(),
                            BLOCK_BYTES,
                            AttachedDisk.State.ONLINE,
                            "",
                            spec.readOnly(),
                            lun.identity);
                } catch (LinuxException e) {
                    if (!e.is(Errno.EBUSY) || attempt == ATTEMPTS) {
                        throw e;
                    }
                }
            }
        } catch (LinuxException e) {
            throw NodeFailure.broken(e);
        }
    }

    /** The volume's file; for private writes a copy of it, which is there until the next attach. */
    private static Descriptor open(AttachSpec spec, FakeLun lun) throws LinuxException {
        Path copy = privateCopy(lun);
        try {
            Files.deleteIfExists(copy);
            if (!spec.privateWrites()) {
                return FileIo.open(lun.file, OpenFlags.O_RDWR, 0);
            }
            Files.copy(lun.file, copy);
            return FileIo.open(copy, OpenFlags.O_RDWR, 0);
        } catch (LinuxException e) {
            throw e;
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        }
    }

    private static Path privateCopy(FakeLun lun) {
        return lun.file.resolveSibling(lun.file.getFileName() + ".private");
    }

    /** What the LUN has grown by is zeros, in the copy as well. */
    private static void growPrivate(FakeLun lun) throws LinuxException {
        if (Files.exists(privateCopy(lun))) {
            try (Descriptor copy = FileIo.open(privateCopy(lun), OpenFlags.O_RDWR, 0)) {
                FileControl.truncate(copy, lun.file.toFile().length());
            }
        }
    }

    private static boolean isClaimed(AttachedDisk disk) {
        try {
            return BlockDevices.isClaimed(disk.device());
        } catch (LinuxException e) {
            throw NodeFailure.broken(e);
        }
    }

    private static void clear(AttachedDisk disk) {
        try (Descriptor device = FileIo.open(disk.device(), OpenFlags.O_RDONLY, 0)) {
            LoopDevices.clear(device);
        } catch (LinuxException e) {
            if (!e.is(Errno.ENXIO)) {
                throw NodeFailure.broken(e);
            }
        }
    }
}
