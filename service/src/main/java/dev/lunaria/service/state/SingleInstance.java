package dev.lunaria.service.state;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.FileControl;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The lock that lets one process use a state folder; held until closed or the process ends.
 *
 * <p>Owned by the main thread. It is a flock(2) on the file {@code lock} in the folder, which holds
 * the holder's pid for people.
 */
public final class SingleInstance implements AutoCloseable {
    private static final String FILE = "lock";
    private static final int MODE = 0600;

    private final Descriptor file;

    private SingleInstance(Descriptor file) {
        this.file = file;
    }

    /**
     * Takes the lock of a folder.
     *
     * @throws StartupException where another process has it; the message names its pid
     */
    public static SingleInstance acquire(Path folder) {
        Path path = folder.resolve(FILE);
        try {
            Descriptor file = FileIo.open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, MODE);
            boolean locked = false;
            try {
                locked = FileControl.tryLock(file);
                if (!locked) {
                    throw new StartupException(
                            "another process (pid %s) uses the folder %s"
                                    .formatted(Files.readString(path).strip(), folder));
                }
                write(file, ProcessHandle.current().pid() + "\n");
                return new SingleInstance(file);
            } finally {
                if (!locked) {
                    file.close();
                }
            }
        } catch (IOException e) {
            throw new StartupException("cannot lock " + path + ": " + e.getMessage(), e);
        }
    }

    private static void write(Descriptor file, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        FileControl.truncate(file, 0);
        FileIo.writeFully(file, buffer, 0, 0);
    }

    /** Lets another process use the folder. */
    @Override
    public void close() {
        file.close();
    }
}
