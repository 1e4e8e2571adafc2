package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * One channel to the kernel's FUSE client (/dev/fuse, fuse(4)). Any thread may read and write; one
 * request per read, one answer per write. A read waits for the kernel's next request: give it a
 * platform thread of its own. A write never waits for I/O.
 */
public final class FuseDevice implements AutoCloseable {

    /** What {@link #read} answers when the connection has ended: unmounted or aborted. */
    public static final int ENDED = -1;

    private static final Path DEVICE = Path.of("/dev/fuse");
    private static final int FUSE_DEV_IOC_CLONE = 0x8004e500;

    private final Descriptor descriptor;

    private FuseDevice(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    /** Opens a new connection, which mount(2) then binds to a mount by {@code fd=N}. */
    public static FuseDevice open() throws LinuxException {
        return new FuseDevice(FileIo.open(DEVICE, OpenFlags.O_RDWR, 0));
    }

    /**
     * A second channel of a mounted connection. A request must be answered on the channel that it
     * was read from.
     */
    public FuseDevice sibling() throws LinuxException {
        Descriptor opened = FileIo.open(DEVICE, OpenFlags.O_RDWR, 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(4, 4);
            number.set(Native.INT, 0, descriptor.number());
            Ioctl.withStruct(opened, "FUSE_DEV_IOC_CLONE", FUSE_DEV_IOC_CLONE, number);
            return new FuseDevice(opened);
        } catch (LinuxException e) {
            opened.close();
            throw e;
        }
    }

    /** The number for the mount option {@code fd=}. */
    public int number() {
        return descriptor.number();
    }

    /**
     * Waits for the next request and puts it into the buffer from its position on.
     *
     * @param into with room for the largest write and its headers, else EINVAL
     * @return the request's length, or {@link #ENDED}
     */
    public int read(ByteBuffer into) throws LinuxException {
        while (true) {
            try {
                return FileIo.readNext(descriptor, into);
            } catch (LinuxException e) {
                switch (e.errno()) {
                    case Errno.ENODEV, Errno.ECONNABORTED -> {
                        return ENDED;
                    }
                    // ENOENT: the request was withdrawn while it was being read.
                    case Errno.EINTR, Errno.ENOENT, Errno.EAGAIN -> {}
                    default -> throw e;
                }
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

    /** Closes this channel; after the last one of a connection the kernel fails all requests. */
    @Override
    public void close() {
        descriptor.close();
    }
}
