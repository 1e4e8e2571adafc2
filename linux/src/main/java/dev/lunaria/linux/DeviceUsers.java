package dev.lunaria.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Who uses a block device, as /sys and /proc tell it: for messages, in words. Stateless: any
 * thread. Asks no device and no mounted file system anything; looks at {@value #MAX_PROCESSES}
 * processes and names {@value #MAX_NAMED} users at most. What ends meanwhile is passed over.
 */
public final class DeviceUsers {
    private static final int MAX_PROCESSES = 4096;
    private static final int MAX_NAMED = 5;

    private static final Path SYS_BLOCK = Path.of("/sys/block");
    private static final Path PROC = Path.of("/proc");
    private static final Path SELF = Path.of("/proc/self");

    private DeviceUsers() {}

    /** Devices that the kernel has built on it, LVM, md and dm-crypt among them. */
    public static List<String> holders(Path device) {
        List<String> found = new ArrayList<>();
        for (Path holder : list(SYS_BLOCK.resolve(device.getFileName()).resolve("holders"), "*")) {
            Path name = holder.getFileName();
            String mapped = text(SYS_BLOCK.resolve(name).resolve("dm/name"));
            found.add("/dev/" + name + (mapped.isEmpty() ? "" : " (" + mapped + ")"));
        }
        return found;
    }

    /**
     * Holders and mounts; where there are none, mounts in other mount namespaces; where there are
     * none of these either, processes that have it open.
     *
     * @param node the device's path
     */
    public static List<String> of(Path node, DeviceNumber device) {
        List<String> users = new ArrayList<>(holders(node));
        users.addAll(mounts(SELF, node, device));
        if (users.isEmpty()) {
            List<Path> processes = list(PROC, "[0-9]*");
            if (processes.size() > MAX_PROCESSES) {
                processes = processes.subList(0, MAX_PROCESSES);
            }
            users.addAll(elsewhere(processes, node, device));
            if (users.isEmpty()) {
                users.addAll(openIn(processes, node));
            }
        }
        return users.size() <= MAX_NAMED ? users : users.subList(0, MAX_NAMED);
    }

    private static List<String> elsewhere(List<Path> processes, Path node, DeviceNumber device) {
        List<String> users = new ArrayList<>();
        Set<String> namespaces = new HashSet<>();
        for (Path process : processes) {
            if (namespaces.add(link(process.resolve("ns/mnt")))) {
                for (String mounted : mounts(process, node, device)) {
                    users.add(mounted + " in the mount namespace of " + describe(process));
                }
            }
        }
        return users;
    }

    private static List<String> mounts(Path process, Path node, DeviceNumber device) {
        try {
            return MountTable.read(process).from(node, device).stream()
                    .map(mount -> "mounted at " + mount.mountPoint())
                    .toList();
        } catch (IOException | IllegalArgumentException gone) {
            return List.of();
        }
    }

    private static List<String> openIn(List<Path> processes, Path node) {
        return processes.stream()
                .filter(process ->
                        list(process.resolve("fd"), "*").stream()
                                .anyMatch(fd -> link(fd).equals(node.toString())))
                .map(process -> "open in " + describe(process))
                .toList();
    }

    private static String describe(Path process) {
        return "process %s (%s)".formatted(process.getFileName(), text(process.resolve("comm")));
    }

    private static List<Path> list(Path folder, String glob) {
        List<Path> names = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(names::add);
        } catch (IOException | DirectoryIteratorException gone) {
            return names;
        }
        return names;
    }

    private static String link(Path path) {
        try {
            return Files.readSymbolicLink(path).toString();
        } catch (IOException gone) {
            return "";
        }
    }

    private static String text(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
        } catch (IOException gone) {
            return "";
        }
    }
}
