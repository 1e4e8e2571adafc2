package dev.lunaria.target.catalog;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory that lose what was not made durable: contents and names apart from each other,
 * each change on its own. Used by one thread.
 *
 * <p>Every call is one step; {@link #crashAt} makes a later step fail and all after it. Then {@link
 * #afterCrash} gives the files as a restart may find them: of the changes to names that no folder
 * sync covered any subset has happened, and a file whose content was not synced holds the old, the
 * new, a part of the new, or rubbish.
 */
final class CrashingFiles implements DurableFiles {

    /** The power is gone. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1;

        Crash() {
            super("crash", null, false, false);
        }
    }

    private static final class Node {
        final boolean folder;
        byte[] content = new byte[0];
        byte[] durableContent = new byte[0];
        long size;
        long durableSize;
        final TreeMap<String, Node> names = new TreeMap<>();
        final TreeMap<String, Node> durableNames = new TreeMap<>();

        Node(boolean folder) {
            this.folder = folder;
        }
    }

    /**
     * One change of names that happens whole or not at all; and in which folders it still waits.
     */
    private record Change(List<Entry> entries, Set<Node> unsynced) {}

    private record Entry(Node folder, String name, @Nullable Node now) {}

    private final Node root;
    private final List<Change> waiting = new ArrayList<>();
    private long steps;
    private long crashAt = Long.MAX_VALUE;
    private long failAt = Long.MAX_VALUE;
    private boolean crashed;

    CrashingFiles() {
        this(new Node(true));
    }

    private CrashingFiles(Node root) {
        this.root = root;
    }

    /** Steps made until now. */
    long steps() {
        return steps;
    }

    /** The step of that number, counted from the first, does not happen, nor any after it. */
    void crashAt(long step) {
        crashAt = step;
    }

    /** The step of that number fails, without having done anything; those after it succeed. */
    void failAt(long step) {
        failAt = step;
    }

    /** The files as a restart may find them; another seed, another outcome. */
    CrashingFiles afterCrash(RandomGenerator random) {
        Map<Node, Map<String, Node>> names = new HashMap<>();
        for (Change change : waiting) {
            if (random.nextBoolean()) {
                for (Entry entry : change.entries()) {
                    set(
                            names.computeIfAbsent(
                                    entry.folder(), folder -> new TreeMap<>(folder.durableNames)),
                            entry);
                }
            }
        }
        return new CrashingFiles(copy(root, names, new HashMap<>(), random));
    }

    private static Node copy(
            Node node,
            Map<Node, Map<String, Node>> names,
            Map<Node, Node> copies,
            RandomGenerator random) {
        Node known = copies.get(node);
        if (known != null) {
            return known;
        }
        Node copy = new Node(node.folder);
        copies.put(node, copy);
        if (node.folder) {
            names.getOrDefault(node, node.durableNames)
                    .forEach((name, child) ->
                            copy.names.put(name, copy(child, names, copies, random)));
            copy.durableNames.putAll(copy.names);
        } else {
            copy.content = survivor(node, random);
            copy.durableContent = copy.content;
            copy.size = random.nextBoolean() ? node.durableSize : node.size;
            copy.durableSize = copy.size;
        }
        return copy;
    }

    private static byte[] survivor(Node file, RandomGenerator random) {
        byte[] now = file.content;
        if (Arrays.equals(now, file.durableContent)) {
            return now;
        }
        return switch (random.nextInt(4)) {
            case 0 -> file.durableContent;
            case 1 -> now;
            case 2 -> Arrays.copyOf(now, random.nextInt(now.length + 1));
            default -> new byte[now.length];
        };
    }

    private static void set(Map<String, Node> names, Entry entry) {
        Node now = entry.now();
        if (now == null) {
            names.remove(entry.name());
        } else {
            names.put(entry.name(), now);
        }
    }

    private void step() throws IOException {
        if (crashed || steps >= crashAt) {
            crashed = true;
            throw new Crash();
        }
        if (steps++ == failAt) {
            throw new IOException("the disk failed, as the test asked");
        }
    }

    private Node find(Path path) throws NoSuchFileException {
        Node node = root;
        for (Path name : path) {
            if (name.toString().isEmpty()) {
                continue;
            }
            Node next = node.names.get(name.toString());
            if (next == null) {
                throw new NoSuchFileException(path.toString());
            }
            node = next;
        }
        return node;
    }

    private Node folderOf(Path path) throws NoSuchFileException {
        Path parent = path.getParent();
        return parent == null ? root : find(parent);
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    private void change(Entry... entries) {
        Set<Node> folders = new HashSet<>();
        for (Entry entry : entries) {
            set(entry.folder().names, entry);
            folders.add(entry.folder());
        }
        waiting.add(new Change(List.of(entries), folders));
    }

    @Override
    public byte[] read(Path file) throws IOException {
        return find(file).content.clone();
    }

    @Override
    public List<String> list(Path folder) throws IOException {
        return List.copyOf(find(folder).names.keySet());
    }

    @Override
    public boolean exists(Path path) {
        try {
            find(path);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        step();
        create(folder, new Node(true));
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
        step();
        Node node = folderOf(file).names.get(name(file));
        if (node == null) {
            node = new Node(false);
            change(new Entry(folderOf(file), name(file), node));
        }
        node.content = content.clone();
        node.size = content.length;
    }

    @Override
    public void createSparse(Path file, long bytes) throws IOException {
        step();
        Node node = new Node(false);
        node.size = bytes;
        create(file, node);
    }

    private void create(Path path, Node node) throws IOException {
        if (folderOf(path).names.containsKey(name(path))) {
            throw new FileAlreadyExistsException(path.toString());
        }
        change(new Entry(folderOf(path), name(path), node));
    }

    @Override
    public void extend(Path file, long bytes) throws IOException {
        step();
        Node node = find(file);
        node.size = Math.max(node.size, bytes);
    }

    @Override
    public void reflink(Path from, Path into) throws IOException {
        step();
        Node source = find(from);
        Node copy = find(into);
        copy.content = source.content;
        copy.size = source.size;
    }

    @Override
    public long size(Path file) throws IOException {
        return find(file).size;
    }

    @Override
    public void sync(Path file) throws IOException {
        step();
        Node node = find(file);
        node.durableContent = node.content;
        node.durableSize = node.size;
    }

    @Override
    public void syncFolder(Path folder) throws IOException {
        step();
        Node node = find(folder);
        node.durableNames.clear();
        node.durableNames.putAll(node.names);
        for (int i = 0; i < waiting.size(); i++) {
            Set<Node> unsynced = waiting.get(i).unsynced();
            if (unsynced.remove(node) && !unsynced.isEmpty()) {
                // One half of a move is durable: so is the other, a journal writes both at once.
                happened(i);
            }
        }
        waiting.removeIf(change -> change.unsynced().isEmpty());
    }

    /** Makes a change durable, and before it what happened earlier to the same names. */
    private void happened(int index) {
        Change change = waiting.get(index);
        for (Change earlier : waiting.subList(0, index + 1)) {
            if (earlier.entries().stream().anyMatch(entry -> touches(change, entry))) {
                earlier.entries().forEach(entry -> set(entry.folder().durableNames, entry));
                earlier.unsynced().clear();
            }
        }
    }

    private static boolean touches(Change change, Entry other) {
        return change.entries().stream()
                .anyMatch(entry ->
                        entry.folder() == other.folder() && entry.name().equals(other.name()));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        step();
        Node node = find(from);
        Node there = folderOf(to).names.get(name(to));
        if (there != null && there.folder) {
            throw new FileAlreadyExistsException(to.toString());
        }
        change(
                new Entry(folderOf(from), name(from), null),
                new Entry(folderOf(to), name(to), node));
    }

    @Override
    public void remove(Path path) throws IOException {
        step();
        Node node = find(path);
        if (!node.names.isEmpty()) {
            throw new DirectoryNotEmptyException(path.toString());
        }
        change(new Entry(folderOf(path), name(path), null));
    }

    /** Everything that is there, for messages. */
    @Override
    public String toString() {
        Map<String, String> all = new LinkedHashMap<>();
        describe("", root, all);
        return all.toString();
    }

    private static void describe(String path, Node node, Map<String, String> all) {
        node.names.forEach((name, child) -> {
            String below = path + "/" + name;
            all.put(below, child.folder ? "folder" : child.size + " bytes");
            describe(below, child, all);
        });
    }
}
