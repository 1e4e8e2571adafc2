package dev.lunaria.node.format;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
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
import java.util.zip.CRC32C;

/**
 * btrfs on one device, made and grown by the host's btrfs-progs. Stateless, for platform threads.
 *
 * <p>There is no repair before a mount: the kernel replays the log tree, and what it then still
 * refuses is left to an administrator, with what {@code btrfs check --readonly} found.
 */
final class Btrfs implements Filesystem {
    private static final String PACKAGE = "btrfs-progs";
    private static final Tool MKFS = new Tool("mkfs.btrfs", PACKAGE);
    private static final Tool BTRFS = new Tool("btrfs", PACKAGE);

    private static final Duration MAKE = Duration.ofSeconds(100);
    private static final Duration GROW = Duration.ofSeconds(100);
    private static final Duration DIAGNOSE = Duration.ofSeconds(30);

    /** mkfs.btrfs refuses what is smaller than 109 MiB. */
    private static final long MINIMUM = 128L << 20;

    // struct btrfs_super_block, little-endian: Linux include/uapi/linux/btrfs_tree.h
    private static final long SUPERBLOCK = 64L << 10;
    private static final List<Long> MIRRORS = List.of(64L << 20, 256L << 30);
    private static final int SUPERBLOCK_BYTES = 4096;
    private static final int CHECKSUM_AT = 0;
    private static final int CHECKSUM_BYTES = 32;
    private static final int UUID_AT = 0x20;
    private static final int MAGIC_AT = 0x40;
    private static final long MAGIC = 0x4D5F53665248425FL;
    private static final int DEVICES_AT = 0x88;
    private static final int INCOMPATIBLE_AT = 0xBC;
    private static final long INCOMPATIBLE_METADATA_UUID = 1 << 10;
    private static final int CHECKSUM_TYPE_AT = 0xC4;
    private static final int CHECKSUM_CRC32C = 0;
    private static final int DEVICE_BYTES_AT = 0xD1;
    private static final int METADATA_UUID_AT = 0x23B;

    @Override
    public String name() {
        return "btrfs";
    }

    @Override
    public String mountOptions() {
        return "discard=async";
    }

    @Override
    public Set<String> allowedOptions() {
        return Set.of(
                "discard",
                "discard=async",
                "discard=sync",
                "nodiscard",
                "autodefrag",
                "compress",
                "compress=lzo",
                "compress=zlib",
                "compress=zstd",
                "compress-force=lzo",
                "compress-force=zlib",
                "compress-force=zstd");
    }

    @Override
    public long minimumBytes() {
        return MINIMUM;
    }

    @Override
    public void make(Path device, UUID uuid, Supplier<String> cluster) {
        // -K: the volume is blank.
        List<String> arguments =
                List.of("-q", "-K", "-s", "4096", "-U", uuid.toString(), device.toString());
        Child.Result result = Child.run(MAKE, MKFS, arguments);
        if (result.exitCode() != 0) {
            throw result.failure("mkfs.btrfs", device);
        }
    }

    @Override
    public void repair(Path device) {}

    @Override
    public boolean failsUnsaid() {
        return false;
    }

    @Override
    public String diagnose(Path device) {
        return Child.run(DIAGNOSE, BTRFS, List.of("check", "--readonly", device.toString()))
                .output();
    }

    @Override
    public Optional<Superblock> superblock(Path device) throws LinuxException {
        return read(device, SUPERBLOCK)
                .map(found ->
                        new Superblock(
                                Superblock.uuid(found, UUID_AT), found.getLong(DEVICE_BYTES_AT)));
    }

    /**
     * By the feature METADATA_UUID (Linux 5.0): the superblock gets the new UUID and notes the one
     * that all other blocks carry. So nothing but the superblocks is written, and a log that waits
     * to be replayed stays valid, which btrfstune's transaction would spoil; the log can't be
     * replayed before, as the kernel takes a second btrfs of one UUID for the first.
     *
     * <p>The mirrors come first: once the kernel's superblock has the UUID, all have it.
     */
    @Override
    public Optional<String> claim(Path device, UUID uuid) throws LinuxException {
        Optional<ByteBuffer> found = read(device, SUPERBLOCK);
        if (found.isEmpty() || Superblock.uuid(found.get(), UUID_AT).equals(uuid)) {
            return Optional.empty(); // Where there is none, the mount says so.
        }
        ByteBuffer first = found.get();
        if (first.getLong(DEVICES_AT) != 1) {
            throw NodeFailure.precondition(
                    "the btrfs on %s has %d devices, and a volume is one"
                            .formatted(device, first.getLong(DEVICES_AT)));
        }
        if (first.getShort(CHECKSUM_TYPE_AT) != CHECKSUM_CRC32C) {
            throw NodeFailure.precondition(
                    "the btrfs on %s has checksums of another kind than crc32c; give it the UUID %s with btrfstune -M"
                            .formatted(device, uuid));
        }
        for (long mirror : MIRRORS) {
            Optional<ByteBuffer> copy = read(device, mirror);
            if (copy.isPresent()) {
                write(device, mirror, named(copy.get(), uuid));
            }
        }
        write(device, SUPERBLOCK, named(first, uuid));
        return Optional.empty();
    }

    private static ByteBuffer named(ByteBuffer superblock, UUID uuid) {
        long features = superblock.getLong(INCOMPATIBLE_AT);
        if ((features & INCOMPATIBLE_METADATA_UUID) == 0) {
            superblock.put(METADATA_UUID_AT, superblock, UUID_AT, 2 * Long.BYTES);
            superblock.putLong(INCOMPATIBLE_AT, features | INCOMPATIBLE_METADATA_UUID);
        }
        ByteBuffer bytes = superblock.duplicate().order(ByteOrder.BIG_ENDIAN);
        bytes.putLong(UUID_AT, uuid.getMostSignificantBits());
        bytes.putLong(UUID_AT + Long.BYTES, uuid.getLeastSignificantBits());
        superblock.putInt(CHECKSUM_AT, checksum(superblock));
        return superblock;
    }

    private static int checksum(ByteBuffer superblock) {
        var crc = new CRC32C();
        crc.update(superblock.slice(CHECKSUM_BYTES, SUPERBLOCK_BYTES - CHECKSUM_BYTES));
        return (int) crc.getValue();
    }

    private static void write(Path device, long offset, ByteBuffer superblock)
            throws LinuxException {
        try (Descriptor file = FileIo.open(device, OpenFlags.O_RDWR, 0)) {
            FileIo.writeFully(file, superblock.clear(), offset, 0);
            FileControl.fsync(file);
        }
    }

    @Override
    public void growBeforeMount(Path device) {}

    @Override
    public void grow(Path device, Path mountPoint) {
        List<String> arguments = List.of("filesystem", "resize", "max", mountPoint.toString());
        Child.Result result = Child.run(GROW, BTRFS, arguments);
        if (result.exitCode() != 0) {
            throw result.failure("btrfs filesystem resize", device);
        }
    }

    private static Optional<ByteBuffer> read(Path device, long offset) throws LinuxException {
        return Superblock.read(device, offset, SUPERBLOCK_BYTES, ByteOrder.LITTLE_ENDIAN)
                .filter(found -> found.getLong(MAGIC_AT) == MAGIC);
    }
}
