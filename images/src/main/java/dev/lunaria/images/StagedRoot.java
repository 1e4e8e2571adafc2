package dev.lunaria.images;

import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.Folder;
import dev.lunaria.images.Node.Link;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The files of an image in a folder, to run a program of it. Of one thread. Everything belongs to
 * whoever builds; times are those of the layers, since a JVM compares them.
 */
final class StagedRoot implements AutoCloseable {
    private final Path folder;
    private final Instant time;

    /** In a new folder below one that exists. */
    StagedRoot(Path work, Instant time) throws IOException {
        this.folder = Files.createTempDirectory(work, "root");
        this.time = time;
    }

    /** Where it is. */
    Path folder() {
        return folder;
    }

    /** Unpacks a tree. */
    void add(Tree tree) throws IOException {
        for (var entry : tree.nodes().entrySet()) {
            Path path = folder.resolve(entry.getKey());
            switch (entry.getValue()) {
                case Folder ignored -> Files.createDirectories(path);
                case Link link -> Files.createSymbolicLink(path, Path.of(link.target()));
                case File file -> {
                    try (InputStream in = file.content().open()) {
                        Files.copy(in, path);
                    }
                    String mode = file.executable() ? "rwxr-xr-x" : "rw-r--r--";
                    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
                    Files.setLastModifiedTime(path, FileTime.from(time));
                }
            }
        }
    }

    /** Removes it. */
    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
