package dev.lunaria.linux;

import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An open file of this process, closed exactly once. Owned by whoever opened it, who sees to it
 * that no call is running when it is closed: the kernel gives its number to the next file opened.
 * All descriptors are close-on-exec.
 */
public final class Descriptor implements AutoCloseable {

    private static final MethodHandle CLOSE = Native.function("close", Native.INT, Native.INT);

    private final int number;
    private final String name;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Descriptor(int number, String name) {
        this.number = number;
        this.name = name;
    }

    static Descriptor of(int number, String name) {
        return new Descriptor(number, name);
    }

    /** Opens a file; see {@link FileIo#open}. */
    public static Descriptor open(Path path, int flags, int mode) throws LinuxException {
        return FileIo.open(path, flags, mode);
    }

    /**
     * The number the kernel knows it by.
     *
     * @throws IllegalStateException after it was closed
     */
    public int number() {
        if (closed.get()) {
            throw new IllegalStateException(name + " is closed");
        }
        return number;
    }

    /** The path it was opened with, for messages. */
    public String name() {
        return name;
    }

    public boolean isClosed() {
        return closed.get();
    }

    /** {@code /proc/self/fd/N}, under which other calls of this process find the same file. */
    public Path procPath() {
        return Path.of("/proc/self/fd/" + number());
    }

    /**
     * Closes it; a second call does nothing. May block: the last close of a file on FUSE or NFS
     * flushes. An error that close(2) reports leaves the descriptor closed nevertheless (man 2
     * close), and whoever needs durable bytes has called fsync before: it is not reported.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            int ignored = (int) CLOSE.invokeExact(Native.current().state, number);
        } catch (Throwable t) {
            throw Native.unexpected(t);
        }
    }

    @Override
    public String toString() {
        return name + (closed.get() ? " (closed)" : " (fd " + number + ")");
    }
}
