package dev.lunaria.node.format;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.failure.NodeFailure;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/** A filesystem that volumes are formatted with. Stateless; its methods block in the kernel. */
public sealed interface Filesystem permits Ext4, Xfs, Btrfs, Ocfs2 {
    /** Its name, as in {@code fs_type}, mount(2) and the target's format state. */
    String name();

    /**
     * Whether several nodes may mount it at once: it then takes membership of shared filesystems,
     * and a heartbeat on the disk.
     */
    default boolean isShared() {
        return false;
    }

    /** Options of mount(2) that it gets before those that were asked for. */
    String mountOptions();

    /** Its own options that may be asked for: none that weakens what survives a power loss. */
    Set<String> allowedOptions();

    /** The smallest device on which it can be made. */
    long minimumBytes();

    /**
     * Makes the filesystem on a device that reads as zeroes. What it wrote need not be durable.
     *
     * @param uuid by which the volume's own filesystem is known from a copy
     * @param cluster whose members may mount it; for a shared one alone
     * @throws NodeFailure with the program's own words
     */
    void make(Path device, UUID uuid, Supplier<String> cluster);

    /**
     * Repairs what must be repaired before the filesystem may be mounted for writing.
     *
     * @throws NodeFailure PRECONDITION where that takes an administrator
     */
    void repair(Path device);

    /**
     * Whether the mount table doesn't tell that the kernel has given it up: nothing is read then.
     */
    boolean failsUnsaid();

    /** What its checker says of a device that can't be mounted; changes nothing. */
    String diagnose(Path device);

    /**
     * Gives a filesystem the volume's own UUID where it has another and the kernel would not mount
     * two of one: it began as a copy of another volume, which may be mounted beside it. May be
     * repeated after any crash.
     *
     * @return empty where it has it now; else options of a read-only mount that must come first, so
     *     that the journal is replayed
     * @throws NodeFailure PRECONDITION where that takes an administrator
     */
    Optional<String> claim(Path device, UUID uuid) throws LinuxException;

    /** What its superblock says; empty where there is none. Not for a mounted device. */
    Optional<Superblock> superblock(Path device) throws LinuxException;

    /**
     * Makes the filesystem as large as its device before it is mounted, where this process could
     * not do it afterwards; nothing otherwise.
     *
     * @throws NodeFailure as {@link #grow}
     */
    void growBeforeMount(Path device);

    /**
     * Makes the filesystem as large as its device, while it is mounted; nothing where it is.
     *
     * @throws NodeFailure with the program's own words
     */
    void grow(Path device, Path mountPoint);

    /**
     * The filesystem of a name.
     *
     * @throws NodeFailure INVALID where there is no such filesystem here
     */
    static Filesystem named(String name) {
        return switch (name) {
            case "", "ext4" -> new Ext4();
            case "xfs" -> new Xfs();
            case "btrfs" -> new Btrfs();
            case "ocfs2" -> new Ocfs2();
            default ->
                    throw NodeFailure.invalid(
                            "filesystem '"
                                    + name
                                    + "' isn't supported; use ext4, xfs, btrfs or ocfs2");
        };
    }
}
