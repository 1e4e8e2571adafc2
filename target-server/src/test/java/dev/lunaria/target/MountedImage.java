package dev.lunaria.target;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A filesystem of its own on a loop device, for tests of what the one below the pool can do. Owned
 * by one thread; gone when it is closed.
 */
final class MountedImage implements AutoCloseable {

    private static final long BYTES = 400L << 20;

    private final Path folder;

    private MountedImage(Path folder) {
        this.folder = folder;
    }

    /** Makes and mounts one; skips the test where that can't be done here. */
    static MountedImage mount(Path work, String type) throws IOException, InterruptedException {
        assumeTrue(Processes.effectiveUserId() == 0, "mounting needs root");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "no loop driver in this kernel");
        Path mkfs = Path.of("/usr/sbin/mkfs." + type);
        assumeTrue(Files.isExecutable(mkfs), mkfs + " is missing (xfsprogs, btrfs-progs)");
        assumeTrue(
                Files.readString(Path.of("/proc/filesystems")).contains("\t" + type + "\n"),
                "this kernel has no " + type);
        Path image = work.resolve("image");
        Path folder = Files.createDirectory(work.resolve("mounted"));
        try (Descriptor file = FileIo.open(image, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600)) {
            FileControl.truncate(file, BYTES);
            run(mkfs.toString(), "-q", image.toString());
            int number = LoopDevices.free();
            Path device = LoopDevices.devicePath(number);
            try (Descriptor loop = FileIo.open(device, OpenFlags.O_RDWR, 0)) {
                LoopDevices.configure(
                        loop, file, 512, LoopDevices.LO_FLAGS_AUTOCLEAR, "lunaria-test");
                Mounts.mount(device.toString(), folder, type, Mounts.MS_NOATIME, "");
            }
        }
        return new MountedImage(folder);
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + out);
        }
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        Mounts.unmount(folder, 0);
    }
}
