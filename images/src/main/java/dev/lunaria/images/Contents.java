package dev.lunaria.images;

import dev.lunaria.images.Node.Folder;
import dev.lunaria.images.Node.Link;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the root filesystem is made of: {@code deploy/images/contents}, which explains itself.
 * Immutable.
 */
record Contents(List<Line> lines) {

    /** A line of the file. */
    sealed interface Line {
        /** The layer that it belongs to. */
        String layer();
    }

    /**
     * A Debian package.
     *
     * @param paths globs of what is taken; none: its shared libraries
     */
    record TakePackage(String layer, String name, List<String> paths) implements Line {

        /** Whether a file of the package is taken. */
        boolean takes(String path, Architecture architecture) {
            return globs(architecture).anyMatch(glob -> glob.matches(Path.of(path)));
        }

        private Stream<PathMatcher> globs(Architecture architecture) {
            Stream<String> taken =
                    paths.isEmpty()
                            ? Stream.of(
                                    "usr/lib/" + architecture.triplet() + "/*.so*",
                                    "usr/lib{,64}/ld-linux-*")
                            : paths.stream();
            // Often a link to another package's folder.
            Stream<String> licence =
                    Stream.of("usr/share/doc/" + name + "/copyright", "usr/share/doc/" + name);
            return Stream.concat(taken, licence)
                    .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob));
        }
    }

    /** Symbolic links in a folder to one target. */
    record Links(String layer, String folder, String target, List<String> names) implements Line {}

    /** A folder that is there though nothing is in it. */
    record EmptyFolder(String layer, String path, Folder folder) implements Line {}

    /**
     * Reads the file.
     *
     * @throws BuildFailure where a line isn't understood
     */
    static Contents read(Path file) throws IOException, BuildFailure {
        List<Line> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                lines.add(parse(line));
            }
        }
        return new Contents(List.copyOf(lines));
    }

    private static Line parse(String line) throws BuildFailure {
        List<String> words = Arrays.asList(line.strip().split("\\s+"));
        Set<String> kinds = Set.of("package", "links", "folder");
        int least = words.getFirst().equals("package") ? 3 : 5;
        if (!kinds.contains(words.getFirst()) || words.size() < least) {
            throw new BuildFailure("deploy/images/contents: not understood: " + line);
        }
        String layer = words.get(1);
        List<String> rest = words.subList(3, words.size());
        return switch (words.getFirst()) {
            case "package" -> new TakePackage(layer, words.get(2), List.copyOf(rest));
            case "links" ->
                    new Links(
                            layer,
                            words.get(2),
                            rest.getFirst(),
                            List.copyOf(rest.subList(1, rest.size())));
            default ->
                    new EmptyFolder(
                            layer,
                            words.get(2),
                            new Folder(
                                    Integer.parseInt(rest.get(0), 8),
                                    Integer.parseInt(rest.get(1))));
        };
    }

    /** The packages of a layer, in the file's order. */
    List<TakePackage> packages(String layer) {
        return lines.stream()
                .filter(line -> line.layer().equals(layer))
                .filter(TakePackage.class::isInstance)
                .map(TakePackage.class::cast)
                .toList();
    }

    /** Puts a layer's links and empty folders into a tree. */
    void putLinksAndFolders(String layer, Tree tree) throws BuildFailure {
        for (Line line : lines) {
            if (!line.layer().equals(layer)) {
                continue;
            }
            switch (line) {
                case TakePackage ignored -> {}
                case Links links -> {
                    String folder = links.folder().equals("/") ? "" : links.folder() + "/";
                    for (String name : links.names()) {
                        tree.put(folder + name, new Link(links.target()));
                    }
                }
                case EmptyFolder empty -> tree.put(empty.path(), empty.folder());
            }
        }
    }
}
