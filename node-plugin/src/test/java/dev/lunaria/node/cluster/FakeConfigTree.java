package dev.lunaria.node.cluster;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * configfs of o2cb in memory, with the kernel's rules (Linux fs/ocfs2/cluster/nodemanager.c and
 * heartbeat.c): attributes come with their item, a number only after port and address and to one
 * entry alone, one cluster, and what is in use can't be removed or given other times.
 */
final class FakeConfigTree implements ConfigTree {
    private static final String NO_NUMBER = "255";

    /** Attributes by path; an item is a path that ends in a slash. */
    private final Map<String, String> tree = new TreeMap<>();

    private final Set<String> mounted = new HashSet<>();

    /** Something is mounted with that region, by this node and the others. */
    synchronized void mount(String region) {
        mounted.add(region);
    }

    synchronized void unmount(String region) {
        mounted.remove(region);
    }

    @Override
    public synchronized List<String> items(String path) {
        String prefix = path.isEmpty() ? "" : path + "/";
        return tree.keySet().stream()
                .filter(key -> key.startsWith(prefix) && key.endsWith("/"))
                .map(key -> key.substring(prefix.length()))
                .filter(rest -> !rest.isEmpty() && rest.indexOf('/') == rest.length() - 1)
                .map(rest -> rest.substring(0, rest.length() - 1))
                .toList();
    }

    @Override
    public synchronized void make(String path) throws IOException {
        if (tree.containsKey(path + "/")) {
            return;
        }
        String[] parts = path.split("/", -1);
        switch (parts.length) {
            case 1 -> {
                if (!items("").isEmpty()) {
                    throw failed(path, "No space left on device");
                }
                tree.put(path + "/", "");
                tree.put(path + "/node/", "");
                tree.put(path + "/heartbeat/", "");
                tree.put(path + "/heartbeat/dead_threshold", "31");
                tree.put(path + "/idle_timeout_ms", "30000");
                tree.put(path + "/keepalive_delay_ms", "2000");
                tree.put(path + "/reconnect_delay_ms", "2000");
            }
            case 3 -> {
                tree.put(path + "/", "");
                if (parts[1].equals("node")) {
                    tree.put(path + "/num", NO_NUMBER);
                    tree.put(path + "/ipv4_address", "0.0.0.0");
                    tree.put(path + "/ipv4_port", "0");
                    tree.put(path + "/local", "0");
                }
            }
            default -> throw failed(path, "Operation not permitted");
        }
    }

    @Override
    public synchronized void remove(String path) throws IOException {
        if (!tree.containsKey(path + "/")) {
            return;
        }
        String[] parts = path.split("/", -1);
        boolean used =
                switch (parts.length) {
                    case 3 ->
                            parts[1].equals("node")
                                    ? !mounted.isEmpty()
                                    : mounted.contains(parts[2]);
                    default -> !items(path + "/node").isEmpty();
                };
        if (used) {
            throw failed(path, "Device or resource busy");
        }
        tree.keySet().removeIf(key -> key.startsWith(path + "/"));
    }

    @Override
    public synchronized String read(String path) throws IOException {
        return Optional.ofNullable(tree.get(path))
                .orElseThrow(() -> failed(path, "No such file or directory"));
    }

    @Override
    public synchronized void write(String path, String value) throws IOException {
        String before = read(path);
        String[] parts = path.split("/", -1);
        String attribute = parts[parts.length - 1];
        if (parts.length > 3 && !before.equals(value)) {
            writeEntry(path.substring(0, path.lastIndexOf('/') + 1), attribute, value);
            return;
        }
        // As the kernel does: it says nothing.
        if (!attribute.equals("dead_threshold") || mounted.isEmpty()) {
            tree.put(path, value);
        }
    }

    private void writeEntry(String entry, String attribute, String value) throws IOException {
        if (attribute.equals("num")) {
            if (read(entry + "ipv4_port").equals("0")
                    || read(entry + "ipv4_address").equals("0.0.0.0")) {
                throw failed(entry + attribute, "Invalid argument");
            }
            boolean taken =
                    tree.entrySet().stream()
                            .anyMatch(other ->
                                    other.getKey().endsWith("/num")
                                            && other.getValue().equals(value));
            if (taken) {
                throw failed(entry + attribute, "File exists");
            }
        }
        if (attribute.equals("local") && read(entry + "num").equals(NO_NUMBER)) {
            throw failed(entry + attribute, "Invalid argument");
        }
        tree.put(entry + attribute, value);
    }

    private static FileSystemException failed(String path, String why) {
        return new FileSystemException(path, null, why);
    }

    /** The one cluster. */
    synchronized String cluster() {
        return items("").stream().findFirst().orElseThrow(NoSuchElementException::new);
    }
}
