package dev.lunaria.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kernel's boot id: a change means that the page cache is gone. Used at the start. */
final class BootId {

    private static final Path KERNEL = Path.of("/proc/sys/kernel/random/boot_id");
    private static final String FILE = "boot-id";

    private BootId() {}

    /** Of the running kernel. */
    static String current() throws IOException {
        return Files.readString(KERNEL).strip();
    }

    /**
     * Whether this server runs for the first time since the machine started, and remembers that it
     * has. Lost memory only costs initiators a unit attention that says more than is true.
     */
    static boolean isNew(Path stateFolder) throws IOException {
        Path file = stateFolder.resolve(FILE);
        String now = current();
        boolean known = Files.exists(file) && Files.readString(file).strip().equals(now);
        if (!known) {
            Files.writeString(file, now + "\n", StandardCharsets.US_ASCII);
        }
        return !known;
    }
}
