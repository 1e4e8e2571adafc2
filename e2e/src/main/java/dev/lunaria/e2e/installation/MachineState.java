package dev.lunaria.e2e.installation;

import dev.lunaria.linux.LoopDevices;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What an installation could leave behind on a machine: mounts, loop devices, FUSE connections,
 * Unix sockets, and files. Immutable; compared before and after.
 *
 * @param things by kind, each as a line for people
 */
public record MachineState(Map<String, SortedSet<String>> things) {
    private static final Path FUSE_CONNECTIONS = Path.of("/sys/fs/fuse/connections");

    /**
     * Reads it: the whole machine's mounts, loops and FUSE connections; sockets and files below the
     * root alone.
     */
    public static MachineState read(Path root) throws IOException {
        var things = new TreeMap<String, SortedSet<String>>();
        var mounts = new TreeSet<String>();
        var fuse = new TreeSet<String>();
        for (MountInfo mount : MountTable.read().mounts()) {
            String line = mount.mountPoint() + " " + mount.type() + " " + mount.source();
            mounts.add(line);
            if (mount.type().startsWith("fuse") && !mount.type().equals("fusectl")) {
                fuse.add("mount " + line);
            }
        }
        fuse.addAll(names(FUSE_CONNECTIONS));
        var loops = new TreeSet<String>();
        for (int number : LoopDevices.inUse()) {
            loops.add("/dev/loop" + number + " " + LoopDevices.backingFile(number).orElse("?"));
        }
        things.put("mounts", mounts);
        things.put("loop devices", loops);
        things.put("FUSE connections", fuse);
        things.put("sockets", sockets(root));
        things.put("files", files(root));
        return new MachineState(things);
    }

    /**
     * What is there now and was not in the earlier state, as lines; empty where nothing is left.
     */
    public SortedSet<String> addedSince(MachineState before) {
        var added = new TreeSet<String>();
        things.forEach((kind, now) ->
                now.stream()
                        .filter(thing ->
                                !before.things.getOrDefault(kind, new TreeSet<>()).contains(thing))
                        .forEach(thing -> added.add(kind + ": " + thing)));
        return added;
    }

    private static SortedSet<String> sockets(Path root) throws IOException {
        var sockets = new TreeSet<String>();
        for (String line : Files.readAllLines(Path.of("/proc/net/unix"))) {
            int path = line.indexOf(root + "/");
            if (path >= 0) {
                sockets.add(line.substring(path));
            }
        }
        return sockets;
    }

    private static SortedSet<String> files(Path root) throws IOException {
        if (!Files.exists(root)) {
            return new TreeSet<>();
        }
        try (Stream<Path> files = Files.walk(root)) {
            return new TreeSet<>(files.map(Path::toString).toList());
        }
    }

    private static SortedSet<String> names(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return new TreeSet<>();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return new TreeSet<>(entries.map(Path::toString).toList());
        }
    }
}
