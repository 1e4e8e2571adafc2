package dev.lunaria.e2e.installation;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.node.disk.DiskRemains;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Removes what an installation that was not stopped in order has left: processes, mounts, loop
 * devices, files.
 *
 * <p>Touches only what is below the installation's own folder. Used by one thread.
 */
public final class Leftovers {
    private static final Duration KILL = Duration.ofSeconds(5);

    private final Path root;
    private final List<String> removed = new ArrayList<>();

    private Leftovers(Path root) {
        this.root = root;
    }

    /**
     * Removes everything, in the order in which one thing holds the next.
     *
     * @return what was there, as lines for people
     */
    public static List<String> remove(Path root) throws IOException, InterruptedException {
        var leftovers = new Leftovers(root);
        leftovers.processes();
        leftovers.disks();
        leftovers.mounts();
        leftovers.loopDevices();
        leftovers.files();
        return List.copyOf(leftovers.removed);
    }

    private void processes() throws InterruptedException {
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            if (process.pid() != ProcessHandle.current().pid() && isOurs(process)) {
                removed.add("process " + process.pid());
                process.destroyForcibly();
                try {
                    process.onExit().get(KILL.toSeconds(), TimeUnit.SECONDS);
                } catch (TimeoutException | java.util.concurrent.ExecutionException e) {
                    removed.add("process " + process.pid() + " does not end");
                }
            }
        }
    }

    /** Whether it is one of our programs: its command line names a file below the root. */
    private boolean isOurs(ProcessHandle process) {
        try {
            String commandLine =
                    Files.readString(
                            Path.of("/proc/" + process.pid() + "/cmdline"),
                            StandardCharsets.ISO_8859_1);
            return commandLine.contains(root + "/") && commandLine.contains("lunaria");
        } catch (IOException e) {
            return false; // it has ended
        }
    }

    /** As the disk processes themselves would, before their FUSE files are out of sight. */
    private void disks() throws IOException {
        Path states = root.resolve("state");
        if (!Files.isDirectory(states)) {
            return;
        }
        try (Stream<Path> folders = Files.list(states)) {
            List<Path> ofDisks =
                    folders.map(state -> state.resolve("disks"))
                            .filter(Files::isDirectory)
                            .toList();
            for (Path folder : ofDisks) {
                DiskRemains remains = DiskRemains.removeAt(folder);
                remains.unmounted().forEach(mount -> removed.add("mount " + mount));
                remains.devices().forEach(device -> removed.add("loop device " + device));
                remains.stuck().forEach(device -> removed.add(device + " is still in use"));
            }
        }
    }

    private void mounts() throws IOException {
        List<MountInfo> ours = new ArrayList<>();
        for (MountInfo mount : MountTable.read().mounts()) {
            if (mount.mountPoint().startsWith(root)) {
                ours.add(mount);
            }
        }
        // Latest first: a mount may lie on top of an earlier one.
        for (MountInfo mount : ours.reversed()) {
            removed.add("mount " + mount.mountPoint());
            Mounts.unmount(mount.mountPoint(), Mounts.MNT_DETACH);
        }
    }

    private void loopDevices() throws IOException {
        for (int number : LoopDevices.inUse()) {
            var backing = LoopDevices.backingFile(number);
            if (backing.isPresent() && backing.get().startsWith(root + "/")) {
                removed.add("loop device " + number);
                try (Descriptor device =
                        Descriptor.open(
                                LoopDevices.devicePath(number),
                                OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC,
                                0)) {
                    LoopDevices.clear(device);
                } catch (LinuxException e) {
                    removed.add("loop device " + number + " stays: " + e.getMessage());
                }
            }
        }
    }

    private void files() throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        removed.add("folder " + root);
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
