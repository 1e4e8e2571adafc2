package dev.lunaria.node.mount;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.FileSystemStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.kernel.KernelCalls;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mounts on this node: made, removed, and read back from the kernel. For any thread; each call is
 * bounded in time, and what it finds done already it leaves as it is.
 */
public final class MountPoints {
    private static final Logger log = LoggerFactory.getLogger(MountPoints.class);

    /** A mount replays a journal. */
    private static final Duration MOUNT = Duration.ofSeconds(60);

    /** An unmount writes back what is dirty. */
    private static final Duration UNMOUNT = Duration.ofSeconds(60);

    /** Looks at paths, which may lie on a mount whose disk doesn't answer. */
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final KernelCalls kernel;

    /** Mounts of this process's mount namespace. */
    public MountPoints(KernelCalls kernel) {
        this.kernel = kernel;
    }

    /** What is mounted now. */
    public MountTable table() throws IOException {
        return MountTable.read();
    }

    /** The path with its folder's symbolic links resolved, as mountinfo shows it. */
    public Path resolve(Path path) throws IOException {
        return kernel.within(
                LOOK,
                "looking at " + path,
                () -> {
                    Path folder = path.getParent();
                    Path name = path.getFileName();
                    if (folder == null || name == null || !Files.exists(folder)) {
                        return path;
                    }
                    return folder.toRealPath().resolve(name);
                });
    }

    /** Whether what is mounted lies on a block device. */
    public boolean isFrom(MountInfo mount, Path device) throws IOException {
        FileStatus status =
                kernel.within(LOOK, "looking at " + device, () -> FileStatus.of(device));
        if (!status.isBlockDevice()) {
            throw new NodeFailure(Kind.BROKEN, device + " isn't a block device");
        }
        return !new MountTable(List.of(mount)).from(device, status.specialDevice()).isEmpty();
    }

    /** Whether a folder can be read: an XFS that was shut down because of an error can't. */
    public boolean isReadable(Path folder) throws IOException {
        return kernel.within(
                LOOK,
                "reading " + folder,
                () -> {
                    try (DirectoryStream<Path> names = Files.newDirectoryStream(folder)) {
                        var _ = names.iterator().hasNext();
                        return true;
                    } catch (IOException | DirectoryIteratorException e) {
                        log.debug("can't be read", e);
                        return false;
                    }
                });
    }

    /** Mounts a device's filesystem on a folder, which is made where it isn't there. */
    public void mount(Path device, Path folder, String filesystem, MountOptions options)
            throws IOException {
        mount(device, folder, filesystem, options, MOUNT);
    }

    /** The same, with another deadline. */
    public void mount(
            Path device, Path folder, String filesystem, MountOptions options, Duration within)
            throws IOException {
        makeFolder(folder);
        kernel.run(
                within,
                "mounting %s on %s".formatted(device, folder),
                () ->
                        Mounts.mount(
                                device.toString(),
                                folder,
                                filesystem,
                                options.flags(),
                                options.data()));
    }

    /** Makes a folder or a file visible at another path, of the same type and there already. */
    public void bind(Path source, Path target) throws IOException {
        kernel.run(
                MOUNT,
                "binding %s on %s".formatted(source, target),
                () -> Mounts.bind(source, target));
    }

    /** Makes a bind mount read-only. */
    public void makeReadOnly(Path target) throws IOException {
        kernel.run(
                MOUNT,
                "making %s read-only".formatted(target),
                () -> Mounts.remountBindReadOnly(target));
    }

    /**
     * Unmounts everything at a path, uppermost first; nothing where nothing is.
     *
     * @throws NodeFailure PRECONDITION while files on it are open
     */
    public void unmountAll(Path path) throws IOException {
        unmountAll(path, Mounts.UMOUNT_NOFOLLOW);
    }

    /** As {@link #unmountAll}, but takes it out of the tree now, whoever uses it. */
    public void detachAll(Path path) throws IOException {
        unmountAll(path, Mounts.UMOUNT_NOFOLLOW | Mounts.MNT_DETACH);
    }

    private void unmountAll(Path path, int flags) throws IOException {
        List<MountInfo> mounts = table().at(path);
        for (int i = mounts.size(); i > 0; i--) {
            try {
                kernel.run(UNMOUNT, "unmounting " + path, () -> Mounts.unmount(path, flags));
            } catch (LinuxException e) {
                switch (e.errno()) {
                    // Gone meanwhile.
                    case Errno.EINVAL, Errno.ENOENT -> {}
                    case Errno.EBUSY ->
                            throw new NodeFailure(
                                    Kind.PRECONDITION,
                                    path + " is in use: a process has files on it open",
                                    e);
                    default -> throw e;
                }
            }
        }
        if (!mounts.isEmpty()) {
            log.atInfo().addKeyValue("path", path).log("unmounted");
        }
    }

    /** Makes a folder, and its parents, where it isn't there. */
    public void makeFolder(Path folder) throws IOException {
        kernel.run(
                LOOK,
                "making " + folder,
                () -> {
                    if (!Files.isDirectory(folder)) {
                        Path parent = folder.getParent();
                        if (parent != null) {
                            Files.createDirectories(parent);
                        }
                        create(() ->
                                Files.createDirectory(
                                        folder,
                                        PosixFilePermissions.asFileAttribute(
                                                PosixFilePermissions.fromString("rwxr-x---"))));
                    }
                });
    }

    /** Makes an empty file, on which a device can be bound, where it isn't there. */
    public void makeFile(Path file) throws IOException {
        Path parent = file.getParent();
        if (parent != null) {
            makeFolder(parent);
        }
        kernel.run(
                LOOK,
                "making " + file,
                () -> {
                    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                        create(() -> Files.createFile(file));
                    }
                });
    }

    private interface Creation {
        Path run() throws IOException;
    }

    private static void create(Creation creation) throws IOException {
        try {
            creation.run();
        } catch (FileAlreadyExistsException somebodyElseDid) {
            log.debug("made by somebody else meanwhile", somebodyElseDid);
        }
    }

    /** Removes an empty folder or an empty file on which nothing is mounted. */
    public void removeEmpty(Path path) throws IOException {
        kernel.run(
                LOOK,
                "removing " + path,
                () -> {
                    boolean file = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
                    if (file && Files.size(path) > 0) {
                        throw NodeFailure.precondition(
                                path + " is a file with data; it isn't removed");
                    }
                    Files.deleteIfExists(path);
                });
    }

    /** Space and inodes of the filesystem at a path. */
    public FileSystemStatus status(Path path) throws IOException {
        return kernel.within(
                LOOK, "asking for the space of " + path, () -> FileSystemStatus.of(path));
    }
}
