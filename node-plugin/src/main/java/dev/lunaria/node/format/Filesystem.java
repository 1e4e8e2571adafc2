package dev.lunaria.node.format;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.failure.NodeFailure;
import java.nio.file.Path;
import java.util.Optional;

/** A filesystem that volumes are formatted with. Stateless; its methods block in the kernel. */
public interface Filesystem {
    /** Its name, as in {@code fs_type}, mount(2) and the target's format state. */
    String name();

    /** Options of mount(2) that it always gets. */
    String mountOptions();

    /**
     * Makes the filesystem on a device that reads as zeroes. What it wrote need not be durable.
     *
     * @throws NodeFailure with the program's own words
     */
    void make(Path device);

    /**
     * Repairs what must be repaired before the filesystem may be mounted for writing.
     *
     * @throws NodeFailure PRECONDITION where that takes an administrator
     */
    void repair(Path device);

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
            default ->
                    throw NodeFailure.invalid(
                            "filesystem '" + name + "' isn't supported; use ext4");
        };
    }
}
