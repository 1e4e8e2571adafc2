package dev.lunaria.linux;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * One connection to the kernel's FUSE client (/dev/fuse, fuse(4)). Any thread may read and write;
 * one request per read, one answer per write. Neither waits: poll(2) tells of requests (POLLIN) and
 * of the connection's end (POLLERR).
 */
public final class FuseDevice implements AutoCloseable {

    /** What {@link #read} answers when the connection has ended: unmounted or aborted. */
    public static final int ENDED = -1;

    /** What {@link #read} answers while the kernel asks for nothing. */
    public static final int NOTHING_YET = 0;

    private static final Path DEVICE = Path.of("/dev/fuse");

    private final Descriptor descriptor;

    private FuseDevice(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** Opens a new connection, which mount(2) then binds to a mount by {@code fd=N}. */
    public static FuseDevice open() throws LinuxException {
        return new FuseDevice(FileIo.open(DEVICE, OpenFlags.O_RDWR | OpenFlags.O_NONBLOCK, 0));
    }

    /** The number for the mount option {@code fd=}. */
    public int number() {
        return descriptor.number();
    }

    /**
     * Takes the next request, from the buffer's position on.
     *
     * @param into with room for the largest write and its headers, else EINVAL
     * @return the request's length, {@link #NOTHING_YET} or {@link #ENDED}
     */
    public int read(ByteBuffer into) throws LinuxException {
        while (true) {
            int length = FileIo.readNext(descriptor, into);
            if (length >= 0) {
                return length;
            }
            switch (-length) {
                case Errno.EAGAIN -> {
                    return NOTHING_YET;
                }
                case Errno.ENODEV, Errno.ECONNABORTED -> {
                    return ENDED;
                }
                // ENOENT: the request was withdrawn while it was being read.
                case Errno.EINTR, Errno.ENOENT -> {}
                default -> throw new LinuxException("read", -length, descriptor.name());
            }
        }
    }

    /**
     * Writes one answer, from the buffer's position to its limit.
     *
     * @return false where nobody waits for it any more: the request was withdrawn, or the
     *     connection has ended
     */
    public boolean write(ByteBuffer answer) throws LinuxException {
        try {
            FileIo.writeNext(descriptor, answer);
            return true;
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENODEV) || e.is(Errno.ECONNABORTED)) {
                return false;
            }
            throw e;
        }
    }

    /** Closes it; the kernel fails all requests. */
    @Override
    public void close() {
        descriptor.close();
    }
}
