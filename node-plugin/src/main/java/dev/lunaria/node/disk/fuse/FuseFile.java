package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.FuseDevice;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.linux.Mounts;
import dev.lunaria.node.disk.BlockIo;
import dev.lunaria.node.disk.Deadline;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One regular file whose bytes come from a {@link BlockIo}: a FUSE mount on an empty file. Opened
 * and closed by one owner; aborted by anybody; served on the event loop of its {@link BlockIo}'s
 * session. What is under way is bounded by {@link FuseOptions}.
 *
 * <p>Whoever opens the file from this same process can hang it: a process that is killed while it
 * waits for its own answers isn't ended by the kernel before somebody aborts the connection.
 */
public final class FuseFile implements AutoCloseable {

    /** The type under which the kernel lists the mounts. */
    public static final String MOUNT_TYPE = "fuse.lunaria";

    private static final Duration HELLO = Duration.ofSeconds(10);
    private static final Duration UNMOUNT = Duration.ofSeconds(10);
    private static final Duration READER = Duration.ofSeconds(10);

    /** Buffers beyond the queue depth, for what the kernel asks beside reads and writes. */
    private static final int SPARE_BUFFERS = 4;

    private final Path path;
    private final int connection;
    private final FuseReader reader;
    private volatile boolean aborted;
    private boolean closed;

    private FuseFile(Path path, int connection, FuseReader reader) {
        this.path = path;
        this.connection = connection;
        this.reader = reader;
    }

    /**
     * Mounts and serves the file. Blocks until the kernel has said hello, 10 s at most; so it is
     * never called on the loop itself.
     *
     * @param file is made, empty, where it is missing; must be a regular file
     * @param loop where requests are taken, and may be answered
     * @throws IOException where FUSE is missing, too old, or refuses
     */
    public static FuseFile mount(Path file, BlockIo io, FuseOptions options, IoEventLoop loop)
            throws IOException {
        Path path = emptyFile(file);
        FuseDevice device = openDevice();
        try {
            Mounts.mount(
                    "lunaria",
                    path,
                    MOUNT_TYPE,
                    Mounts.MS_NOSUID | Mounts.MS_NODEV | Mounts.MS_NOEXEC,
                    "fd="
                            + device.number()
                            + ",rootmode=100000,user_id=0,group_id=0,max_read="
                            + options.maxRequestBytes());
        } catch (LinuxException e) {
            device.close();
            throw e;
        }
        return serve(path, device, io, options, loop);
    }

    private static Path emptyFile(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        FileStatus status = FileStatus.of(file);
        if (!status.isRegularFile() || status.sizeBytes() != 0) {
            throw new IOException(file + " is no empty file: a disk is not mounted over it");
        }
        return file.toRealPath();
    }

    private static FuseDevice openDevice() throws IOException {
        try {
            return FuseDevice.open();
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENODEV) || e.is(Errno.ENXIO)) {
                throw new IOException(
                        "/dev/fuse is missing: the kernel module fuse is not loaded on this node; load it (modprobe fuse)",
                        e);
            }
            throw e;
        }
    }

    private static FuseFile serve(
            Path path, FuseDevice device, BlockIo io, FuseOptions options, IoEventLoop loop)
            throws IOException {
        RequestBuffers buffers =
                new RequestBuffers(options.queueDepth() + SPARE_BUFFERS, options.maxRequestBytes());
        FuseServer server = new FuseServer(io, options, buffers);
        FuseReader reader = FuseReader.start(loop, device, server, buffers);
        try {
            awaitHello(server);
            return new FuseFile(path, connectionOf(path), reader);
        } catch (IOException | RuntimeException e) {
            // Ends the connection and with it the reader, which closes the device.
            Mounts.unmount(path, Mounts.MNT_FORCE | Mounts.MNT_DETACH);
            throw e;
        }
    }

    private static void awaitHello(FuseServer server) throws IOException {
        try {
            String lacking = server.lacking().get(HELLO.toSeconds(), TimeUnit.SECONDS);
            if (!lacking.isEmpty()) {
                throw new IOException("this kernel's FUSE client lacks " + lacking);
            }
        } catch (ExecutionException e) {
            throw new AssertionError("never completed exceptionally", e);
        } catch (TimeoutException e) {
            throw new IOException("the kernel's FUSE client sent no INIT in " + HELLO, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while mounting", e);
        }
    }

    private static int connectionOf(Path path) throws IOException {
        List<MountInfo> mounts = MountTable.read().at(path);
        if (mounts.isEmpty()) {
            throw new IOException(path + " is not mounted any more");
        }
        return mounts.getLast().device().minor();
    }

    /** The file, as the kernel names it. */
    public Path path() {
        return path;
    }

    /** The connection's number among {@link FuseConnections}. */
    public int connection() {
        return connection;
    }

    /** Whether requests are still answered. */
    public boolean isServing() {
        return !aborted && !reader.ended().isDone();
    }

    /**
     * Unmounts the file and ends its reader. Blocks, 10 s at most for each of the two. A second
     * call does nothing.
     *
     * @throws LinuxException EBUSY while somebody has the file open; it stays mounted and served
     */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        Deadline deadline = Deadline.in(UNMOUNT);
        while (!unmounted()) {
            if (!deadline.pause()) {
                throw new LinuxException("umount2", Errno.EBUSY, path.toString());
            }
        }
        awaitReader();
        closed = true;
    }

    private boolean unmounted() throws IOException {
        if (!FuseConnections.isMounted(path, connection)) {
            return true;
        }
        try {
            Mounts.unmount(path, Mounts.UMOUNT_NOFOLLOW);
            return true;
        } catch (LinuxException e) {
            // The last close of the file reaches the kernel's FUSE client a little later.
            if (e.is(Errno.EBUSY)) {
                return false;
            }
            if (e.is(Errno.EINVAL)) {
                return true;
            }
            throw e;
        }
    }

    /**
     * Ends the connection at once, whoever uses the file: everything under way and everything later
     * fails. Does not wait for the {@link BlockIo}. {@link #close} is still to be called, and
     * cannot hang any more. May be called at any time, from any thread.
     */
    public void abort() throws IOException {
        aborted = true;
        FuseConnections.abort(path, connection);
    }

    private void awaitReader() throws IOException {
        try {
            reader.ended().get(READER.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("never completed exceptionally", e);
        } catch (TimeoutException e) {
            throw new IOException(
                    path + " was unmounted, but somebody still has it open elsewhere", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while closing " + path, e);
        }
    }
}
