package dev.lunaria.node.disk.loop;

import dev.lunaria.linux.BlockDevices;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.DeviceNodes;
import dev.lunaria.linux.DeviceNumber;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.disk.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A block device of the kernel over one file, past the page cache. Attached and detached by one
 * owner; immutable, so any thread may ask. The kernel keeps it, not this process.
 *
 * <p>No descriptor of the device stays open, on purpose: a process that serves the file behind a
 * device and is killed with the device open waits, dying, for its own answers.
 */
public final class LoopDevice {

    /** The major number of the loop driver. */
    public static final int MAJOR = 7;

    /** Times that another process may snatch the device that was free. */
    private static final int ATTEMPTS = 32;

    private static final Duration DETACH = Duration.ofSeconds(10);

    private final int number;
    private final String backingFile;

    private LoopDevice(int number, String backingFile) {
        this.number = number;
        this.backingFile = backingFile;
    }

    /**
     * Makes a device over a file. Blocks until the file's server has answered.
     *
     * @param file as the kernel names it (no symbolic links)
     * @param blockBytes the logical block size
     * @throws IOException where the kernel doesn't grant direct I/O or the block size; nothing is
     *     left then
     */
    public static LoopDevice attach(Path file, int blockBytes, boolean readOnly)
            throws IOException {
        int access = readOnly ? OpenFlags.O_RDONLY : OpenFlags.O_RDWR;
        int flags =
                LoopDevices.LO_FLAGS_DIRECT_IO | (readOnly ? LoopDevices.LO_FLAGS_READ_ONLY : 0);
        LoopDevice attached;
        try (Descriptor backing = FileIo.open(file, access, 0)) {
            attached = configure(backing, file, blockBytes, flags);
        }
        try {
            attached.verify(blockBytes, readOnly);
            return attached;
        } catch (IOException e) {
            attached.clear();
            throw e;
        }
    }

    private static LoopDevice configure(Descriptor backing, Path file, int blockBytes, int flags)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            int number = free();
            try (Descriptor device = FileIo.open(node(number), OpenFlags.O_RDWR, 0)) {
                LoopDevices.configure(
                        device, backing, blockBytes, flags, file.getFileName().toString());
                return new LoopDevice(number, file.toString());
            } catch (LinuxException e) {
                if (!e.is(Errno.EBUSY) || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /**
     * The number of a device without a file. Not one whose node is bound somewhere: the pod of a
     * raw volume whose disk died would find another volume at its path.
     */
    static int free() throws IOException {
        try {
            MountTable mounts = MountTable.read();
            int number = LoopDevices.free();
            if (!isBound(mounts, number)) {
                return number;
            }
            for (int other : LoopDevices.unused()) {
                if (!isBound(mounts, other)) {
                    return other;
                }
            }
            do {
                number = LoopDevices.add();
            } while (isBound(mounts, number));
            return number;
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENODEV) || e.is(Errno.ENXIO)) {
                throw new IOException(
                        "/dev/loop-control is missing: the kernel module loop is not loaded on this node; load it (modprobe loop)",
                        e);
            }
            throw e;
        }
    }

    private static boolean isBound(MountTable mounts, int number) {
        return mounts.mounts().stream().anyMatch(mount -> mount.root().endsWith("/loop" + number));
    }

    /** The device's node, made where /dev isn't the kernel's own, as in a container. */
    private static Path node(int number) throws IOException {
        Path node = LoopDevices.devicePath(number);
        if (!Files.exists(node)) {
            DeviceNodes.makeBlock(node, new DeviceNumber(MAJOR, number), 0600);
        }
        return node;
    }

    private void verify(int blockBytes, boolean readOnly) throws IOException {
        if (!LoopDevices.isDirectIo(number)) {
            throw new IOException(
                    path() + " has no direct I/O to " + backingFile + ": the kernel refused it");
        }
        try (Descriptor device = FileIo.open(path(), OpenFlags.O_RDONLY, 0)) {
            int actual = BlockDevices.logicalBlockBytes(device);
            if (actual != blockBytes) {
                throw new IOException(
                        path() + " has blocks of " + actual + " bytes, not of " + blockBytes);
            }
            if (BlockDevices.isReadOnly(device) != readOnly) {
                throw new IOException(path() + " is not " + (readOnly ? "read-only" : "writable"));
            }
        }
    }

    /** The devices over files at or below this path, be their server dead or alive. */
    public static List<LoopDevice> over(Path path) throws IOException {
        List<LoopDevice> found = new ArrayList<>();
        for (int number : LoopDevices.inUse()) {
            Optional<String> file = LoopDevices.backingFile(number);
            if (file.isPresent() && isBelow(file.get(), path)) {
                found.add(new LoopDevice(number, file.get()));
            }
        }
        return found;
    }

    /**
     * The device of this number, where its file's mount namespace is gone and its server dead; else
     * empty. Such a device is of no use to anybody.
     */
    static Optional<LoopDevice> orphan(int number) throws IOException {
        if (!LoopDevices.backingFile(number).filter("/"::equals).isPresent()) {
            return Optional.empty();
        }
        try (Descriptor device =
                FileIo.open(LoopDevices.devicePath(number), OpenFlags.O_RDONLY, 0)) {
            LoopDevices.status(device);
            return Optional.empty();
        } catch (LinuxException e) {
            // The loop driver asks its file, and FUSE says that nobody serves it.
            return e.is(Errno.ENOTCONN)
                    ? Optional.of(new LoopDevice(number, "/"))
                    : Optional.empty();
        }
    }

    private static boolean isBelow(String file, Path path) {
        String suffix = " (deleted)";
        String name =
                file.endsWith(suffix) ? file.substring(0, file.length() - suffix.length()) : file;
        return name.startsWith("/") && Path.of(name).startsWith(path);
    }

    /** {@code /dev/loopN}. */
    public Path path() {
        return LoopDevices.devicePath(number);
    }

    /** N of {@code /dev/loopN}. */
    public int number() {
        return number;
    }

    /** {@code 7:N}, under which mountinfo lists what is mounted from it. */
    public DeviceNumber device() {
        return new DeviceNumber(MAJOR, number);
    }

    /** The file below, as the kernel showed it when this was attached or found. */
    public String backingFile() {
        return backingFile;
    }

    /** Whether the device still has this file. */
    public boolean isAttached() throws IOException {
        return LoopDevices.backingFile(number).map(backingFile::equals).orElse(false);
    }

    /** The size in bytes, as the kernel has it now. */
    public long sizeBytes() throws LinuxException {
        try (Descriptor device = FileIo.open(path(), OpenFlags.O_RDONLY, 0)) {
            return BlockDevices.sizeBytes(device);
        }
    }

    /**
     * Takes over the file's new size.
     *
     * @return the size now, in bytes
     */
    public long refreshSize() throws LinuxException {
        // The kernel's FUSE client learns a new size only when it asks for the attributes.
        FileStatus.of(Path.of(backingFile));
        try (Descriptor device = FileIo.open(path(), OpenFlags.O_RDONLY, 0)) {
            LoopDevices.setCapacity(device);
            return BlockDevices.sizeBytes(device);
        }
    }

    /** Whether a file system on it is mounted, or another device built on it. */
    public boolean isClaimed() throws IOException {
        return isAttached() && BlockDevices.isClaimed(path());
    }

    /**
     * Takes the file from the device. Blocks until the kernel has let go of it, 10 s at most. A
     * second call does nothing.
     *
     * @throws LinuxException EBUSY while it is mounted (nothing was done), or when somebody kept it
     *     open for those 10 s (it goes when they close it)
     */
    public void detach() throws IOException {
        if (isClaimed()) {
            throw new LinuxException("LOOP_CLR_FD", Errno.EBUSY, path() + ", which is mounted");
        }
        if (!clearAndAwait(DETACH)) {
            throw new LinuxException("LOOP_CLR_FD", Errno.EBUSY, path() + ", which is open");
        }
    }

    /**
     * Has the kernel let go of the file as soon as nobody uses the device any more.
     *
     * @return whether it has done so within that time
     */
    public boolean clearAndAwait(Duration limit) throws IOException {
        clear();
        Deadline deadline = Deadline.in(limit);
        while (isAttached()) {
            if (!deadline.pause()) {
                return false;
            }
        }
        return true;
    }

    private void clear() throws IOException {
        if (!isAttached()) {
            return;
        }
        try (Descriptor device = FileIo.open(path(), OpenFlags.O_RDONLY, 0)) {
            LoopDevices.clear(device);
        } catch (LinuxException e) {
            if (!e.is(Errno.ENXIO) && !e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }

    @Override
    public String toString() {
        return path() + " over " + backingFile;
    }
}
