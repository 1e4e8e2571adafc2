package dev.lunaria.node.format;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Processes;
import dev.lunaria.node.failure.NodeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ext4, made and repaired by the host's e2fsprogs. Stateless, for platform threads.
 *
 * <p>A journal that was not closed needs nothing from us: the kernel replays it at the mount. Only
 * a filesystem whose superblock says that the kernel found errors in it, or that has no journal (an
 * imported one) and was not unmounted, gets {@code e2fsck -p}, which repairs what is safe to
 * repair; what isn't is left to an administrator.
 */
final class Ext4 implements Filesystem {
    private static final String PACKAGE = "e2fsprogs";
    private static final Tool MKFS = new Tool("mkfs.ext4", PACKAGE);
    private static final Tool E2FSCK = new Tool("e2fsck", PACKAGE);
    private static final Tool RESIZE2FS = new Tool("resize2fs", PACKAGE);

    /** Room for a journal. */
    private static final long MINIMUM = 8L << 20;

    private static final Duration MAKE = Duration.ofSeconds(100);
    private static final Duration GROW = Duration.ofSeconds(100);
    private static final Duration REPAIR = Duration.ofSeconds(100);

    // ext4 superblock: Linux Documentation/filesystems/ext4/super.rst
    private static final int SUPERBLOCK = 1024;
    private static final int SUPERBLOCK_BYTES = 1024;
    private static final int MAGIC_AT = 0x38;
    private static final short MAGIC = (short) 0xEF53;
    private static final int STATE_AT = 0x3A;
    private static final int STATE_CLEAN = 0x1;
    private static final int STATE_ERRORS = 0x2;
    private static final int COMPATIBLE_AT = 0x5C;
    private static final int COMPATIBLE_JOURNAL = 0x4;
    private static final int BLOCKS_LOW_AT = 0x4;
    private static final int LOG_BLOCK_SIZE_AT = 0x18;
    private static final int INCOMPATIBLE_AT = 0x60;
    private static final int INCOMPATIBLE_64BIT = 0x80;
    private static final int UUID_AT = 0x68;
    private static final int BLOCKS_HIGH_AT = 0x150;
    private static final long SMALLEST_BLOCK = 1024;

    // e2fsck(8): 0 no errors, 1 corrected, 2 corrected and reboot if it was mounted (it wasn't).
    private static final int E2FSCK_CORRECTED = 2;

    private static final Pattern MKE2FS_VERSION = Pattern.compile("mke2fs (\\d+)\\.(\\d+)");

    @Override
    public String name() {
        return "ext4";
    }

    @Override
    public String mountOptions() {
        return "errors=remount-ro,discard";
    }

    @Override
    public Set<String> allowedOptions() {
        return Set.of("discard", "nodiscard", "data=ordered", "data=journal", "barrier=1");
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
                        "-t",
                        "ext4",
                        "-b",
                        "4096",
                        "-m",
                        "0",
                        "-U",
                        uuid.toString(),
                        "-E",
                        "nodiscard," + zeroing(),
                        device.toString());
        Child.Result result = Child.run(MAKE, MKFS, arguments);
        if (result.exitCode() != 0) {
            throw result.failure("mkfs.ext4", device);
        }
    }

    @Override
    public void repair(Path device) {
        if (needsCheck(device)) {
            check(device, "-p");
        }
    }

    private static void check(Path device, String... flags) {
        List<String> arguments = new ArrayList<>(List.of(flags));
        arguments.add(device.toString());
        Child.Result result = Child.run(REPAIR, E2FSCK, arguments);
        if (result.exitCode() > E2FSCK_CORRECTED) {
            throw NodeFailure.precondition(
                    ("there are errors in the ext4 on %s that e2fsck -p can't repair; run e2fsck on"
                                    + " it by hand: %s")
                            .formatted(device, result.output()));
        }
    }

    @Override
    public boolean failsUnsaid() {
        return false;
    }

    @Override
    public String diagnose(Path device) {
        return Child.run(REPAIR, E2FSCK, List.of("-n", device.toString())).output();
    }

    /** The kernel mounts several ext4 of one UUID beside each other. */
    @Override
    public Optional<String> claim(Path device, UUID uuid) {
        return Optional.empty();
    }

    /** The volume reads as zeroes where it wasn't written, so inode tables need not be zeroed. */
    private static String zeroing() {
        Matcher version = MKE2FS_VERSION.matcher(Child.run(MAKE, MKFS, List.of("-V")).output());
        boolean knowsPrezeroed =
                version.find()
                        && (Integer.parseInt(version.group(1)) > 1
                                || Integer.parseInt(version.group(2)) >= 47);
        return knowsPrezeroed
                ? "assume_storage_prezeroed=1"
                : "lazy_itable_init=1,lazy_journal_init=1";
    }

    @Override
    public Optional<Superblock> superblock(Path device) throws LinuxException {
        return read(device)
                .map(found -> new Superblock(Superblock.uuid(found, UUID_AT), size(found)));
    }

    private static long size(ByteBuffer superblock) {
        long blocks = Integer.toUnsignedLong(superblock.getInt(BLOCKS_LOW_AT));
        if ((superblock.getInt(INCOMPATIBLE_AT) & INCOMPATIBLE_64BIT) != 0) {
            blocks |= Integer.toUnsignedLong(superblock.getInt(BLOCKS_HIGH_AT)) << Integer.SIZE;
        }
        return blocks * (SMALLEST_BLOCK << superblock.getInt(LOG_BLOCK_SIZE_AT));
    }

    /** The kernel grows a mounted ext4 for those alone who have CAP_SYS_RESOURCE. */
    @Override
    public void growBeforeMount(Path device) {
        if (!mayGrowMounted()) {
            // resize2fs wants a filesystem that was checked after its last mount.
            check(device, "-f", "-p");
            resize(device);
        }
    }

    @Override
    public void grow(Path device, Path mountPoint) {
        // Of a mounted filesystem it asks the kernel, which does the work.
        resize(device);
    }

    private static void resize(Path device) {
        Child.Result result = Child.run(GROW, RESIZE2FS, List.of(device.toString()));
        if (result.exitCode() == 0) {
            return;
        }
        if (!mayGrowMounted()) {
            throw NodeFailure.precondition(
                    ("the kernel grows a mounted ext4 for programs with CAP_SYS_RESOURCE alone, which"
                                    + " this one lacks; give it that, or stop the pods of the volume"
                                    + " on this node: it grows when it is staged again (%s)")
                            .formatted(result.output()));
        }
        throw result.failure("resize2fs", device);
    }

    private static boolean mayGrowMounted() {
        try {
            return Processes.hasCapability(Processes.CAP_SYS_RESOURCE);
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        }
    }

    /** The kernel found errors, or there is no journal and it was not unmounted. */
    private static boolean needsCheck(Path device) {
        try {
            return read(device).filter(Ext4::needsCheck).isPresent();
        } catch (LinuxException e) {
            throw NodeFailure.broken(e);
        }
    }

    private static boolean needsCheck(ByteBuffer superblock) {
        short state = superblock.getShort(STATE_AT);
        boolean journal = (superblock.getInt(COMPATIBLE_AT) & COMPATIBLE_JOURNAL) != 0;
        return (state & STATE_ERRORS) != 0 || ((state & STATE_CLEAN) == 0 && !journal);
    }

    private static Optional<ByteBuffer> read(Path device) throws LinuxException {
        return Superblock.read(device, SUPERBLOCK, SUPERBLOCK_BYTES, ByteOrder.LITTLE_ENDIAN)
                .filter(found -> found.getShort(MAGIC_AT) == MAGIC);
    }
}
