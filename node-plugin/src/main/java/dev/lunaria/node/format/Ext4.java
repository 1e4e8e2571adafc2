package dev.lunaria.node.format;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * ext4, made and repaired by the host's e2fsprogs. Stateless, for platform threads.
 *
 * <p>A journal that was not closed needs nothing from us: the kernel replays it at the mount. Only
 * a filesystem whose superblock says that the kernel found errors in it gets {@code e2fsck -p},
 * which repairs what is safe to repair; what isn't is left to an administrator.
 */
final class Ext4 implements Filesystem {
    private static final Duration MAKE = Duration.ofSeconds(100);
    private static final Duration REPAIR = Duration.ofSeconds(100);

    // ext4 superblock: Linux Documentation/filesystems/ext4/super.rst
    private static final int SUPERBLOCK = 1024;
    private static final int SUPERBLOCK_BYTES = 1024;
    private static final int MAGIC_AT = 0x38;
    private static final short MAGIC = (short) 0xEF53;
    private static final int STATE_AT = 0x3A;
    private static final int STATE_ERRORS = 0x2;

    // e2fsck(8): 0 no errors, 1 corrected, 2 corrected and reboot if it was mounted (it wasn't).
    private static final int E2FSCK_CORRECTED = 2;

    private static final Pattern MKE2FS_VERSION = Pattern.compile("mke2fs (\\d+)\\.(\\d+)");

    @Override
    public String name() {
        return "ext4";
    }

    @Override
    public String mountOptions() {
        return "errors=remount-ro";
    }

    @Override
    public void make(Path device) {
        List<String> arguments =
                List.of(
                        "-q",
                        "-t",
                        "ext4",
                        "-b",
                        "4096",
                        "-m",
                        "0",
                        "-E",
                        "nodiscard," + zeroing(),
                        device.toString());
        Child.Result result = Child.run(MAKE, "mkfs.ext4", arguments);
        if (result.exitCode() != 0) {
            throw new NodeFailure(
                    Kind.BROKEN,
                    "mkfs.ext4 on %s ended with %d: %s"
                            .formatted(device, result.exitCode(), result.output()));
        }
    }

    @Override
    public void repair(Path device) {
        if (!hasErrors(device)) {
            return;
        }
        Child.Result result = Child.run(REPAIR, "e2fsck", List.of("-p", device.toString()));
        if (result.exitCode() > E2FSCK_CORRECTED) {
            throw NodeFailure.precondition(
                    ("the kernel found errors in the ext4 on %s and e2fsck -p can't repair them; run"
                                    + " e2fsck on it by hand: %s")
                            .formatted(device, result.output()));
        }
    }

    /** The volume reads as zeroes where it wasn't written, so inode tables need not be zeroed. */
    private static String zeroing() {
        Matcher version =
                MKE2FS_VERSION.matcher(Child.run(MAKE, "mkfs.ext4", List.of("-V")).output());
        boolean knowsPrezeroed =
                version.find()
                        && (Integer.parseInt(version.group(1)) > 1
                                || Integer.parseInt(version.group(2)) >= 47);
        return knowsPrezeroed
                ? "assume_storage_prezeroed=1"
                : "lazy_itable_init=1,lazy_journal_init=1";
    }

    private static boolean hasErrors(Path device) {
        ByteBuffer superblock =
                ByteBuffer.allocateDirect(SUPERBLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (Descriptor file = FileIo.open(device, OpenFlags.O_RDONLY, 0)) {
            FileIo.readFully(file, superblock, SUPERBLOCK);
        } catch (LinuxException e) {
            throw NodeFailure.broken(e);
        }
        return superblock.getShort(MAGIC_AT) == MAGIC
                && (superblock.getShort(STATE_AT) & STATE_ERRORS) != 0;
    }
}
