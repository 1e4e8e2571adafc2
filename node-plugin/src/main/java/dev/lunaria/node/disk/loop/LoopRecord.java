package dev.lunaria.node.disk.loop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A note beside a disk's file, which loop device it has. Needed only after a crash that ended the
 * process's mount namespace too (a container's): the kernel then shows the backing file as {@code
 * /} and knows its name no more. Written and read by the owner of the folder. Not made durable: no
 * loop device outlives a reboot, and a note is believed only where the kernel agrees.
 */
public final class LoopRecord {

    private static final String SUFFIX = ".loop";

    private LoopRecord() {}

    /** Notes the device of a disk's file. */
    public static void write(Path file, LoopDevice loop) throws IOException {
        Files.writeString(recordOf(file), loop.number() + "\n");
    }

    /** Removes the note of a disk's file; nothing where there is none. */
    public static void delete(Path file) throws IOException {
        Files.deleteIfExists(recordOf(file));
    }

    /**
     * The disks' files of which there are notes: the one given, or those in the folder given. Does
     * not look at the files themselves.
     */
    public static List<Path> filesAt(Path place) throws IOException {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(place)) {
            try (DirectoryStream<Path> records = Files.newDirectoryStream(place, "*" + SUFFIX)) {
                for (Path record : records) {
                    String name = record.getFileName().toString();
                    files.add(place.resolve(name.substring(0, name.length() - SUFFIX.length())));
                }
            }
        } else if (Files.exists(recordOf(place))) {
            files.add(place);
        }
        return files;
    }

    /** The device that was noted for a disk's file, where it is one whose server is dead. */
    public static Optional<LoopDevice> orphanOf(Path file) throws IOException {
        try {
            String text = Files.readString(recordOf(file), StandardCharsets.US_ASCII).strip();
            return LoopDevice.orphan(Integer.parseInt(text));
        } catch (NoSuchFileException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Path recordOf(Path file) {
        return file.resolveSibling(file.getFileName() + SUFFIX);
    }
}
