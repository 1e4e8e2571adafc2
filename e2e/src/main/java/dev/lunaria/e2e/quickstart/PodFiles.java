package dev.lunaria.e2e.quickstart;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * What a pod wrote and fsynced: file names and checksums, to be compared wherever the volume comes
 * up.
 */
public final class PodFiles {
    private final Map<String, String> checksums;
    private long bytes;

    public PodFiles() {
        this(Map.of(), 0);
    }

    private PodFiles(Map<String, String> checksums, long bytes) {
        this.checksums = new TreeMap<>(checksums);
        this.bytes = bytes;
    }

    /** What was written so far: what is written later doesn't show in it. */
    public PodFiles copy() {
        return new PodFiles(checksums, bytes);
    }

    /** Writes a file into a folder, and fsyncs file and folder. */
    public void write(Path folder, String name, int length, RandomGenerator random)
            throws IOException {
        byte[] content = new byte[length];
        random.nextBytes(content);
        try (FileChannel file =
                FileChannel.open(
                        folder.resolve(name),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
            file.force(true);
        }
        try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        }
        checksums.put(name, checksum(content));
        bytes += length;
    }

    /** Files written. */
    public int count() {
        return checksums.size();
    }

    /** Bytes written. */
    public long bytes() {
        return bytes;
    }

    /**
     * Compares every file with what was written.
     *
     * @throws CheckFailedException where one is missing or another
     */
    public void verify(Path folder) throws IOException {
        for (Map.Entry<String, String> file : checksums.entrySet()) {
            Path path = folder.resolve(file.getKey());
            if (!Files.exists(path)) {
                throw new CheckFailedException(path + " is missing");
            }
            if (!checksum(Files.readAllBytes(path)).equals(file.getValue())) {
                throw new CheckFailedException(path + " has other bytes than were written");
            }
        }
    }

    /**
     * As {@link #verify}; and nothing else is in the folder.
     *
     * @throws CheckFailedException where something is
     */
    public void verifyAlone(Path folder) throws IOException {
        verify(folder);
        try (Stream<Path> entries = Files.list(folder)) {
            List<String> others =
                    entries.map(entry -> entry.getFileName().toString())
                            .filter(name ->
                                    !checksums.containsKey(name) && !name.equals("lost+found"))
                            .toList();
            if (!others.isEmpty()) {
                throw new CheckFailedException(folder + " also holds " + others);
            }
        }
    }

    private static String checksum(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
