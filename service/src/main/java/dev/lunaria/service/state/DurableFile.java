package dev.lunaria.service.state;

import dev.lunaria.linux.FileControl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A file of state that is there whole, as it was or as it is to be, whatever happens. No state. */
public final class DurableFile {
    private DurableFile() {}

    /**
     * Puts a text in place of a file, or makes it; durable on return. One writer of a file at a
     * time: it is written beside first, as {@code .NAME.new}.
     */
    public static void replace(Path file, String text) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
        Files.writeString(
                temporary,
                text,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                StandardOpenOption.SYNC);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        FileControl.fsyncFolder(file.resolveSibling("."));
    }
}
