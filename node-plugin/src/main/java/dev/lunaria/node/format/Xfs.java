package dev.lunaria.node.format;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.failure.NodeFailure;
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
 * XFS, made and grown by the host's xfsprogs. Stateless, for platform threads.
 *
 * <p>There is no repair before a mount: the kernel replays the log, and what it then still refuses
 * is left to an administrator. {@code xfs_repair -L}, which throws the log away, is never run.
 */
final class Xfs implements Filesystem {
    private static final String PACKAGE = "xfsprogs";
    private static final Tool MKFS = new Tool("mkfs.xfs", PACKAGE);
    private static final Tool XFS_DB = new Tool("xfs_db", PACKAGE);
    private static final Tool GROWFS = new Tool("xfs_growfs", PACKAGE);
    private static final Tool REPAIR = new Tool("xfs_repair", PACKAGE);

    private static final Duration MAKE = Duration.ofSeconds(100);
    private static final Duration NAME = Duration.ofSeconds(60);
    private static final Duration GROW = Duration.ofSeconds(100);
    private static final Duration DIAGNOSE = Duration.ofSeconds(30);

    /** What xfs_db says of a log that must be replayed first; its exit code is 0 all the same. */
    private static final String DIRTY_LOG = "valuable metadata changes in a log";

    /** mkfs.xfs refuses what is smaller since xfsprogs 5.19. */
    private static final long MINIMUM = 300L << 20;

    // struct xfs_dsb, big-endian: Linux fs/xfs/libxfs/xfs_format.h
    private static final int SUPERBLOCK_BYTES = 512;
    private static final int MAGIC_AT = 0;
    private static final int MAGIC = 0x58465342;
    private static final int BLOCK_BYTES_AT = 4;
    private static final int BLOCKS_AT = 8;
    private static final int UUID_AT = 32;
    private static final int GROUP_BLOCKS_AT = 84;
    private static final int GROUPS_AT = 88;

    @Override
    public String name() {
        return "xfs";
    }

    @Override
    public String mountOptions() {
        return "discard";
    }

    @Override
    public Set<String> allowedOptions() {
        return Set.of(
                "discard",
                "nodiscard",
                "inode64",
                "largeio",
                "nolargeio",
                "uquota",
                "gquota",
                "pquota",
                "prjquota");
    }

    @Override
    public long minimumBytes() {
        return MINIMUM;
    }

    @Override
    public void make(Path device, UUID uuid, Supplier<String> cluster) {
        // -K: the volume is blank. Sectors of the physical block: smaller writes would be read
        // first.
        List<String> arguments =
                List.of("-q", "-K", "-s", "size=4096", "-m", "uuid=" + uuid, device.toString());
        Child.Result result = Child.run(MAKE, MKFS, arguments);
        if (result.exitCode() != 0) {
            throw result.failure("mkfs.xfs", device);
        }
    }

    @Override
    public void repair(Path device) {}

    @Override
    public boolean failsUnsaid() {
        return true;
    }

    @Override
    public String diagnose(Path device) {
        return Child.run(DIAGNOSE, REPAIR, List.of("-n", device.toString())).output();
    }

    @Override
    public Optional<Superblock> superblock(Path device) throws LinuxException {
        return read(device, 0)
                .map(found ->
                        new Superblock(
                                Superblock.uuid(found, UUID_AT),
                                found.getLong(BLOCKS_AT) * found.getInt(BLOCK_BYTES_AT)));
    }

    /**
     * By xfs_db, as xfs_admin does it. It empties the log first, then writes the superblocks of all
     * allocation groups in order: killed in between, what is asked for is the same still, and the
     * first and the last of them don't agree.
     */
    @Override
    public Optional<String> claim(Path device, UUID uuid) throws LinuxException {
        if (isNamed(device, uuid)) {
            return Optional.empty();
        }
        List<String> arguments = List.of("-x", "-c", "uuid " + uuid, device.toString());
        Child.Result result = Child.run(NAME, XFS_DB, arguments);
        if (isNamed(device, uuid)) {
            return Optional.empty();
        }
        if (result.output().contains(DIRTY_LOG)) {
            return Optional.of("nouuid");
        }
        throw NodeFailure.precondition(
                "the XFS on %s can't be given its own UUID; look at it with xfs_repair -n: %s"
                        .formatted(device, result.output()));
    }

    /**
     * Whether it has the UUID wholly: the last superblock is written last. Damage is left to the
     * mount, which says what it is.
     */
    private static boolean isNamed(Path device, UUID uuid) throws LinuxException {
        Optional<ByteBuffer> first = read(device, 0);
        if (first.isEmpty() || !isWhole(first.get())) {
            return true;
        }
        ByteBuffer found = first.get();
        long groupBytes = (long) found.getInt(GROUP_BLOCKS_AT) * found.getInt(BLOCK_BYTES_AT);
        Optional<ByteBuffer> last = read(device, (found.getInt(GROUPS_AT) - 1) * groupBytes);
        return Superblock.uuid(found, UUID_AT).equals(uuid)
                && last.map(block -> Superblock.uuid(block, UUID_AT).equals(uuid)).orElse(true);
    }

    /** Whether as many allocation groups of that size make up the filesystem. */
    private static boolean isWhole(ByteBuffer superblock) {
        long groupBlocks = superblock.getInt(GROUP_BLOCKS_AT);
        return groupBlocks > 0
                && superblock.getInt(BLOCK_BYTES_AT) > 0
                && superblock.getInt(GROUPS_AT)
                        == Math.ceilDiv(superblock.getLong(BLOCKS_AT), groupBlocks);
    }

    @Override
    public void growBeforeMount(Path device) {}

    @Override
    public void grow(Path device, Path mountPoint) {
        Child.Result result = Child.run(GROW, GROWFS, List.of("-d", mountPoint.toString()));
        if (result.exitCode() != 0) {
            throw result.failure("xfs_growfs", device);
        }
    }

    private static Optional<ByteBuffer> read(Path device, long offset) throws LinuxException {
        return Superblock.read(device, offset, SUPERBLOCK_BYTES, ByteOrder.BIG_ENDIAN)
                .filter(found -> found.getInt(MAGIC_AT) == MAGIC);
    }
}
