package dev.lunaria.node.cluster;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** configfs as it is mounted. For any thread; the kernel orders them. */
final class KernelConfigTree implements ConfigTree {
    private final Path root;

    /**
     * @param root folder of clusters, mostly {@code /sys/kernel/config/cluster}
     */
    KernelConfigTree(Path root) {
        this.root = root;
    }

    @Override
    public List<String> items(String path) throws IOException {
        var names = new ArrayList<String>();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(
                        root.resolve(path),
                        entry -> Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))) {
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
        } catch (NoSuchFileException none) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names.stream().sorted().toList();
    }

    @Override
    public void make(String path) throws IOException {
        try {
            Files.createDirectory(root.resolve(path));
        } catch (FileAlreadyExistsException there) {
            return;
        }
    }

    @Override
    public void remove(String path) throws IOException {
        Files.deleteIfExists(root.resolve(path));
    }

    @Override
    public String read(String path) throws IOException {
        return Files.readString(root.resolve(path)).strip();
    }

    /** One write(2): the kernel takes each for a value of its own. */
    @Override
    public void write(String path, String value) throws IOException {
        Files.writeString(root.resolve(path), value, StandardOpenOption.WRITE);
    }
}
