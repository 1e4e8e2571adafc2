package dev.lunaria.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What was mounted at one moment in this process's mount namespace. Immutable: any thread. Reading
 * it never blocks on a mounted file system whose server is dead, unlike stat(2) on its path.
 *
 * @param mounts in the kernel's order, lower ones first
 */
public record MountTable(List<MountInfo> mounts) {

    private static final Path SELF = Path.of("/proc/self");

    public MountTable {
        mounts = List.copyOf(mounts);
    }

    /** Reads the kernel's table now. */
    public static MountTable read() throws IOException {
        return read(SELF);
    }

    /** Reads the table of a process's mount namespace; {@code process} is its folder in /proc. */
    static MountTable read(Path process) throws IOException {
        // The kernel hands out bytes; a name that isn't UTF-8 must not spoil the whole table.
        String text =
                new String(
                        Files.readAllBytes(process.resolve("mountinfo")), StandardCharsets.UTF_8);
        return parse(text);
    }

    static MountTable parse(String text) {
        return new MountTable(text.lines().map(MountInfo::parse).toList());
    }

    /**
     * The mounts at exactly this path, lower ones first. Symbolic links are the caller's to
     * resolve.
     */
    public List<MountInfo> at(Path mountPoint) {
        Path wanted = mountPoint.toAbsolutePath().normalize();
        return mounts.stream().filter(mount -> mount.mountPoint().equals(wanted)).toList();
    }

    /** The mounts at this path or below it. */
    public List<MountInfo> below(Path folder) {
        Path wanted = folder.toAbsolutePath().normalize();
        return mounts.stream().filter(mount -> mount.mountPoint().startsWith(wanted)).toList();
    }

    /** The mounts of the file system with this number: its device's, or one of its own (btrfs). */
    public List<MountInfo> of(DeviceNumber device) {
        return mounts.stream().filter(mount -> mount.device().equals(device)).toList();
    }

    /**
     * The mounts of the file system that lies on a block device. One that has a number of its own
     * (btrfs) is known by the path from which it was mounted.
     */
    public List<MountInfo> from(Path node, DeviceNumber device) {
        return mounts.stream()
                .filter(mount ->
                        mount.device().equals(device) || mount.source().equals(node.toString()))
                .toList();
    }
}
