package dev.lunaria.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Attributes of the kernel's devices (sysfs(5)), below a folder that is {@code /sys}. Immutable;
 * any thread. Devices come and go at any time: what is gone reads as empty.
 */
public final class Sysfs {
    private final Path root;

    public Sysfs(Path root) {
        this.root = root;
    }

    /** The kernel's own. */
    public static Sysfs ofThisKernel() {
        return new Sysfs(Path.of("/sys"));
    }

    /** An attribute's text without the line's end; empty where it isn't there or has no value. */
    public Optional<String> read(String attribute) {
        try {
            String text = Files.readString(root.resolve(attribute));
            return Optional.of(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        } catch (IOException e) {
            // ENODEV, ENXIO, EINVAL: the device is on its way out, or has no such value now.
            return Optional.empty();
        }
    }

    /**
     * Sets an attribute; blocks while the kernel does what that means.
     *
     * @throws LinuxException ENOENT where it isn't there; others as the driver answers
     */
    public void write(String attribute, String value) throws LinuxException {
        Path path = root.resolve(attribute);
        ByteBuffer text = ByteBuffer.allocateDirect(value.length());
        for (int i = 0; i < value.length(); i++) {
            text.put(i, (byte) value.charAt(i));
        }
        try (Descriptor file = FileIo.open(path, OpenFlags.O_WRONLY, 0)) {
            FileIo.writeFully(file, text, 0, 0);
        }
    }

    public boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    /** The names in a folder that begin so, in order; none where it isn't there. */
    public List<String> names(String folder, String prefix) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(folder))) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.startsWith(prefix)) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
        names.sort(null);
        return names;
    }
}
