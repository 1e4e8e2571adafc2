package dev.lunaria.service.net;

import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The file of a Unix socket, which appears at its path with mode 0600 and already listening.
 *
 * <p>The server binds {@link #temporary}, then {@link #publish} sets the mode and renames it over
 * whatever stale file is at the path: nobody ever sees a socket of a wider mode, or none at all
 * while the program restarts. Used by the thread that starts and stops the server.
 */
final class UnixSocketFile {
    private final Path path;
    private final Path temporary;
    private @Nullable Object inode;

    UnixSocketFile(Path path) {
        this.path = path;
        // Short, so that it fits wherever the path itself fits.
        this.temporary = path.resolveSibling("." + Long.toString(System.nanoTime() & 0xffff, 36));
    }

    /** Where to bind. */
    Path temporary() {
        return temporary;
    }

    /**
     * Makes the folder and sees that nobody listens at the path.
     *
     * @throws StartupException where somebody does, or the path is no socket, or the folder isn't
     *     writable
     */
    void prepare() {
        try {
            Path folder = path.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
                if (!Files.isWritable(folder)) {
                    throw new StartupException("the socket's folder " + folder + " isn't writable");
                }
            }
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot make the folder of the socket "
                            + path
                            + ": "
                            + StartupException.reason(e),
                    e);
        }
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) || Files.isDirectory(path)) {
            throw new StartupException(path + " is in the way: it isn't a socket");
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException nobodyAnswers) {
            return;
        }
        throw new StartupException("another process listens on " + path);
    }

    /** Gives the bound socket its mode and its name. */
    void publish() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
        inode = Files.getAttribute(temporary, "unix:ino");
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes the socket, where it is still this one. */
    void remove() throws IOException {
        Files.deleteIfExists(temporary);
        if (inode != null
                && Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && inode.equals(Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS))) {
            Files.deleteIfExists(path);
        }
    }
}
