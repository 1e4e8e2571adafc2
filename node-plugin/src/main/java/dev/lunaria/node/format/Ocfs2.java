package dev.lunaria.node.format;

import dev.lunaria.linux.BlockDevices;
import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.service.csi.VolumeUse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * OCFS2 with the cluster stack o2cb, made by the host's ocfs2-tools. Stateless, for platform
 * threads.
 *
 * <p>Nothing is checked or repaired by itself: whether another node has it mounted can't be told
 * from here, and fsck.ocfs2 on a mounted filesystem destroys it. A dead node's journal is replayed
 * by the survivors, or by the next mount.
 */
final class Ocfs2 implements Filesystem {
    private static final String PACKAGE = "ocfs2-tools";
    private static final Tool MKFS = new Tool("mkfs.ocfs2", PACKAGE);
    private static final Tool FSCK = new Tool("fsck.ocfs2", PACKAGE);

    private static final Duration MAKE = Duration.ofSeconds(100);
    private static final Duration DIAGNOSE = Duration.ofSeconds(60);

    /** So many nodes may have it mounted at once: each has a journal of its own. */
    static final int SLOTS = VolumeUse.CLUSTER_NODES;

    // All journals together take an eighth of a small volume, and 512 MiB of a large one.
    private static final int JOURNALS_SHARE = 8;
    private static final long SMALLEST_JOURNAL = 4L << 20;
    private static final long LARGEST_JOURNAL = 32L << 20;
    private static final long MINIMUM = 256L << 20;

    // struct ocfs2_dinode with struct ocfs2_super_block in it, little-endian:
    // Linux fs/ocfs2/ocfs2_fs.h
    private static final int BLOCK_BYTES = 4096;
    private static final long SUPERBLOCK = 2L * BLOCK_BYTES;
    private static final int SIGNATURE_AT = 0;
    private static final long SIGNATURE = 0x3256_5346_434FL; // "OCFSV2"
    private static final long SIX_BYTES = (1L << 48) - 1;
    private static final int CLUSTERS_AT = 0x14;
    private static final int SUPER_AT = 0xC0;
    private static final int CLUSTER_BITS_AT = SUPER_AT + 0x3C;
    private static final int UUID_AT = SUPER_AT + 0x90;

    @Override
    public String name() {
        return VolumeUse.CLUSTER_FILESYSTEM;
    }

    @Override
    public boolean isShared() {
        return true;
    }

    /** Its heartbeats are on its own disk, so that no other disk decides over this node. */
    @Override
    public String mountOptions() {
        return "heartbeat=local";
    }

    @Override
    public Set<String> allowedOptions() {
        return Set.of(
                "acl",
                "noacl",
                "user_xattr",
                "nouser_xattr",
                "inode64",
                "coherency=full",
                "coherency=buffered");
    }

    @Override
    public long minimumBytes() {
        return MINIMUM;
    }

    @Override
    public void make(Path device, UUID uuid, Supplier<String> cluster) {
        List<String> arguments =
                List.of(
                        "-q",
                        "-b",
                        Integer.toString(BLOCK_BYTES),
                        "-N",
                        Integer.toString(SLOTS),
                        "-J",
                        "size=%dM".formatted(journalBytes(sizeBytes(device)) >> 20),
                        "--nodiscard",
                        "--cluster-stack=o2cb",
                        "--cluster-name=" + cluster.get(),
                        "-U",
                        uuid.toString(),
                        device.toString());
        Child.Result result = Child.run(MAKE, MKFS, arguments);
        if (result.exitCode() != 0) {
            throw result.failure("mkfs.ocfs2", device);
        }
    }

    /** A journal's size on a volume of that size, in bytes; whole MiB. */
    static long journalBytes(long volumeBytes) {
        long mib = (volumeBytes / JOURNALS_SHARE / SLOTS) >> 20;
        return Math.clamp(mib << 20, SMALLEST_JOURNAL, LARGEST_JOURNAL);
    }

    private static long sizeBytes(Path device) {
        try (Descriptor file = FileIo.open(device, OpenFlags.O_RDONLY, 0)) {
            return BlockDevices.sizeBytes(file);
        } catch (LinuxException e) {
            throw NodeFailure.broken(e);
        }
    }

    @Override
    public void repair(Path device) {}

    /** {@code errors=remount-ro} shows in the mount table. */
    @Override
    public boolean failsUnsaid() {
        return false;
    }

    @Override
    public String diagnose(Path device) {
        return Child.run(DIAGNOSE, FSCK, List.of("-n", device.toString())).output();
    }

    /**
     * A copy has the locks of the filesystem that it was copied from: mounted beside it, each would
     * wait for the other's. Only one node alone may change that, and which is nobody's to say.
     */
    @Override
    public Optional<String> claim(Path device, UUID uuid) throws LinuxException {
        Optional<UUID> found = superblock(device).map(Superblock::uuid);
        if (found.isPresent() && !found.get().equals(uuid)) {
            throw NodeFailure.precondition(
                    ("the OCFS2 on %s is a copy of another volume's (its UUID is %s and would have to be %s), and isn't"
                                    + " mounted beside it. Copy the files instead; or, while no node has the volume, run"
                                    + " fsck.ocfs2 -f and tunefs.ocfs2 -U %s on it")
                            .formatted(device, found.get(), uuid, uuid));
        }
        return Optional.empty();
    }

    @Override
    public Optional<Superblock> superblock(Path device) throws LinuxException {
        return Superblock.read(device, SUPERBLOCK, BLOCK_BYTES, ByteOrder.LITTLE_ENDIAN)
                .filter(found -> (found.getLong(SIGNATURE_AT) & SIX_BYTES) == SIGNATURE)
                .map(found -> new Superblock(Superblock.uuid(found, UUID_AT), size(found)));
    }

    private static long size(ByteBuffer superblock) {
        return Integer.toUnsignedLong(superblock.getInt(CLUSTERS_AT))
                << superblock.getInt(CLUSTER_BITS_AT);
    }

    @Override
    public void growBeforeMount(Path device) {}

    /**
     * Not done: a member whose device is smaller still would read and write beyond its end, and in
     * which order nodes are called is the orchestrator's.
     */
    @Override
    public void grow(Path device, Path mountPoint) {
        throw NodeFailure.precondition(
                "a shared filesystem (OCFS2) stays as large as it was made; make a larger volume and copy the files");
    }
}
