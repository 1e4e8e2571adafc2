package dev.lunaria.images;

import dev.lunaria.images.Node.Bytes;
import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.Folder;
import dev.lunaria.images.Node.Link;
import dev.lunaria.images.Node.OnDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of a layer by their paths, in order, which makes two layers of the same files the same
 * bytes. Of one thread. Paths have no slash in front; folders of files come by themselves.
 */
final class Tree {
    private final TreeMap<String, Node> nodes = new TreeMap<>();

    /** All that is there, folders before what is in them. */
    SortedMap<String, Node> nodes() {
        return Collections.unmodifiableSortedMap(nodes);
    }

    /**
     * Adds what stands at a path.
     *
     * @throws BuildFailure where something else stands there
     */
    Tree put(String path, Node node) throws BuildFailure {
        if (path.isEmpty() || path.startsWith("/") || List.of(path.split("/")).contains("..")) {
            throw new BuildFailure("not a path of a layer: '" + path + "'");
        }
        int slash = path.lastIndexOf('/');
        if (slash > 0 && !(nodes.get(path.substring(0, slash)) instanceof Folder)) {
            put(path.substring(0, slash), Folder.ORDINARY);
        }
        Node there = nodes.put(path, node);
        if (there != null && !there.equals(node)) {
            throw new BuildFailure("two packages or folders give /%s".formatted(path));
        }
        return this;
    }

    /** Adds a text file that nobody may run. */
    Tree putText(String path, String text) throws BuildFailure {
        return put(path, new File(new Bytes(text.getBytes(StandardCharsets.UTF_8)), false));
    }

    /** Adds all that is in another tree. */
    Tree putAll(Tree other) throws BuildFailure {
        for (var entry : other.nodes.entrySet()) {
            boolean there = entry.getValue() instanceof Folder && nodes.containsKey(entry.getKey());
            if (!there) {
                put(entry.getKey(), entry.getValue());
            }
        }
        return this;
    }

    /**
     * Adds a folder of this machine with all that is in it; of the permissions, only whether the
     * owner may run a file counts.
     */
    Tree putFolder(String path, Path folder) throws IOException, BuildFailure {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted().toList()) {
                String name = folder.relativize(file).toString();
                String at = name.isEmpty() ? path : path.isEmpty() ? name : path + "/" + name;
                if (Files.isSymbolicLink(file)) {
                    put(at, new Link(Files.readSymbolicLink(file).toString()));
                } else if (Files.isDirectory(file)) {
                    if (!at.isEmpty()) {
                        put(at, Folder.ORDINARY);
                    }
                } else {
                    put(at, new File(new OnDisk(file), Files.isExecutable(file)));
                }
            }
        }
        return this;
    }
}
