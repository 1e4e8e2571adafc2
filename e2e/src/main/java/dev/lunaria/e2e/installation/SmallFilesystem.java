package dev.lunaria.e2e.installation;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An ext4 filesystem of its own for a pool that is to be filled: in a file, on a loop device, with
 * ballast in it that can be thrown off. {@link Leftovers} removes it. Used by one thread.
 */
public final class SmallFilesystem {
    private static final int BLOCK = 512;

    private final Path mountPoint;

    private SmallFilesystem(Path mountPoint) {
        this.mountPoint = mountPoint;
    }

    /**
     * Makes and mounts it.
     *
     * @param bytes its size
     * @param ballastBytes of it taken by the ballast
     */
    public static SmallFilesystem mount(Layout layout, long bytes, long ballastBytes)
            throws IOException, InterruptedException {
        Path mountPoint = Files.createDirectories(layout.smallFilesystem());
        Path image = mountPoint.resolveSibling("small.img");
        try (FileChannel file =
                FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.allocate(1), bytes - 1);
        }
        run("mkfs.ext4", "-q", "-m", "0", image.toString());
        int number = LoopDevices.free();
        Path device = LoopDevices.devicePath(number);
        try (Descriptor file = Descriptor.open(image, OpenFlags.O_RDWR, 0);
                Descriptor loop = Descriptor.open(device, OpenFlags.O_RDWR, 0)) {
            LoopDevices.configure(loop, file, BLOCK, LoopDevices.LO_FLAGS_AUTOCLEAR, "small");
            Mounts.mount(device.toString(), mountPoint, "ext4", 0, "");
        }
        var filesystem = new SmallFilesystem(mountPoint);
        try (Descriptor ballast =
                Descriptor.open(
                        filesystem.ballast(), OpenFlags.O_CREAT | OpenFlags.O_WRONLY, 0600)) {
            FileControl.fallocate(ballast, 0, 0, ballastBytes);
        }
        return filesystem;
    }

    /** Where its pool is. */
    public Path pool() {
        return mountPoint.resolve("pool");
    }

    /** Frees the space that the ballast takes. */
    public void throwOffBallast() throws IOException {
        Files.delete(ballast());
    }

    /** Unmounts it; its loop device goes with it. */
    public void unmount() throws IOException {
        Mounts.unmount(mountPoint, 0);
    }

    private Path ballast() {
        return mountPoint.resolve("ballast");
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + out);
        }
    }
}
