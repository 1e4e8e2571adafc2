package dev.lunaria.bench.disk;

import dev.lunaria.bench.server.GrantedLun;
import dev.lunaria.bench.server.MeasuredServer;
import dev.lunaria.bench.server.ProcessUse;
import dev.lunaria.iscsi.initiator.Portal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A disk of {@code qemu-storage-daemon}: libiscsi, FUSE export, and a loop device with direct I/O
 * over it, as ours has one. Used by one thread.
 */
final class QemuDisk implements MeasuredDisk.Backing {
    private static final Duration READY = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Process process;
    private final Path device;

    private QemuDisk(Process process, Path device) {
        this.process = process;
        this.device = device;
    }

    /**
     * Starts a daemon, and a loop device over its export.
     *
     * @param daemon the program
     */
    static QemuDisk attach(String daemon, Path root, Portal portal, GrantedLun lun)
            throws IOException, InterruptedException {
        Files.createDirectories(root);
        Path export = Files.createFile(root.resolve("export"));
        Path secret =
                Files.createFile(
                        root.resolve("secret"),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        Files.writeString(secret, lun.initiatorSecret());
        Path log = root.resolve("qemu-storage-daemon.log");
        Process process =
                new ProcessBuilder(
                                daemon,
                                "--object",
                                "secret,id=chap,file=" + secret,
                                "--blockdev",
                                ("driver=iscsi,node-name=lun,transport=tcp,portal=%s,target=%s,lun=0,"
                                                + "initiator-name=%s,user=%s,password-secret=chap,"
                                                + "cache.direct=on,discard=unmap")
                                        .formatted(
                                                portal,
                                                lun.targetName(),
                                                MeasuredServer.INITIATOR,
                                                MeasuredServer.INITIATOR),
                                "--export",
                                "type=fuse,id=disk,node-name=lun,writable=on,growable=off,mountpoint="
                                        + export)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            awaitExport(process, export, log);
            String loop =
                    MeasuredDisk.run(
                            List.of(
                                    "losetup",
                                    "--find",
                                    "--show",
                                    "--direct-io=on",
                                    export.toString()));
            return new QemuDisk(process, Path.of(loop.strip()));
        } catch (IOException | InterruptedException e) {
            process.destroy();
            throw e;
        }
    }

    private static void awaitExport(Process process, Path export, Path log)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + READY.toNanos();
        while (Files.size(export) == 0) {
            if (process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)
                    || System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "qemu-storage-daemon exports nothing: " + Files.readString(log));
            }
        }
    }

    @Override
    public String name() {
        return "qemu";
    }

    @Override
    public Path device() {
        return device;
    }

    @Override
    public ProcessUse process() {
        return new ProcessUse(process.pid());
    }

    @Override
    public void close() throws IOException {
        try {
            MeasuredDisk.run(List.of("losetup", "--detach", device.toString()));
            process.destroy();
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
