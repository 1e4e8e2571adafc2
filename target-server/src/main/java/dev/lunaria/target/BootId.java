package dev.lunaria.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kernel's boot id: a change means that the page cache is gone. */
final class BootId {

    private static final Path FILE = Path.of("/proc/sys/kernel/random/boot_id");

    private BootId() {}

    /** Of the running kernel. */
    static String current() throws IOException {
        return Files.readString(FILE).strip();
    }
}
