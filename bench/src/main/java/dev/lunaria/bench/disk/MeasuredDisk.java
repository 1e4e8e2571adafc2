package dev.lunaria.bench.disk;

import dev.lunaria.bench.server.ProcessUse;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A block device with ext4 on it, served by a process that is measured.
 *
 * <p>Used by one thread; unmounted and taken apart by {@link #close}.
 */
final class MeasuredDisk implements AutoCloseable {
    private final Backing backing;
    private final Path mountPoint;

    /** The device and who serves it. */
    interface Backing extends AutoCloseable {
        /** For people. */
        String name();

        /** The block device. */
        Path device();

        /** The process that carries its data. */
        ProcessUse process();

        @Override
        void close() throws IOException;
    }

    private MeasuredDisk(Backing backing, Path mountPoint) {
        this.backing = backing;
        this.mountPoint = mountPoint;
    }

    /** Formats and mounts it; takes over the backing, also where that fails. */
    static MeasuredDisk format(Backing backing, Path mountPoint)
            throws IOException, InterruptedException {
        try {
            run(List.of("mkfs.ext4", "-q", "-F", backing.device().toString()));
            Files.createDirectories(mountPoint);
            Mounts.mount(backing.device().toString(), mountPoint, "ext4", Mounts.MS_NOATIME, "");
            return new MeasuredDisk(backing, mountPoint);
        } catch (IOException | InterruptedException | RuntimeException e) {
            backing.close();
            throw e;
        }
    }

    String name() {
        return backing.name();
    }

    ProcessUse process() {
        return backing.process();
    }

    /** The file that fio reads and writes. */
    Path file() {
        return mountPoint.resolve("data");
    }

    @Override
    public void close() throws IOException {
        try {
            Mounts.unmount(mountPoint, Mounts.UMOUNT_NOFOLLOW);
        } catch (LinuxException e) {
            // What is left would hang once its server is gone.
            Mounts.unmount(mountPoint, Mounts.MNT_DETACH);
            throw e;
        } finally {
            backing.close();
        }
    }

    /**
     * Runs a tool to its end.
     *
     * @return what it printed
     * @throws IOException where it fails, with what it said
     */
    static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.strip());
        }
        return output;
    }
}
