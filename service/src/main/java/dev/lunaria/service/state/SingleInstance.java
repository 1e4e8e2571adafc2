package dev.lunaria.service.state;

import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The lock that lets one process use a state folder; held until closed or the process ends.
 *
 * <p>Owned by the main thread. The lock is on the file {@code lock} in the folder, which holds the
 * holder's pid for people.
 */
public final class SingleInstance implements AutoCloseable {
    private static final String FILE = "lock";

    private final FileChannel channel;

    private SingleInstance(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock of a folder.
     *
     * @throws StartupException where another process has it; the message names its pid
     */
    public static SingleInstance acquire(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new StartupException(
                        "another process (pid %s) uses the folder %s"
                                .formatted(Files.readString(file).strip(), folder));
            }
            channel.truncate(0);
            String pid = ProcessHandle.current().pid() + "\n";
            channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
            return new SingleInstance(channel);
        } catch (IOException e) {
            throw new StartupException("cannot lock " + file + ": " + e, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException thisProcessHasIt) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
