package dev.lunaria.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Opening, reading and writing files at an offset, with direct buffers. Stateless: any thread. One
 * call moves at most 2 GiB − 4 KiB (the kernel's bound).
 *
 * <p>Everything here may block in the kernel, except reads with {@link #RWF_NOWAIT}: call it on
 * bounded platform threads, a virtual thread would hold its carrier. Buffers are read or filled
 * from position to limit, and their position moves by what was transferred. EINTR is retried.
 */
public final class FileIo {

    /** Answers {@link #WOULD_BLOCK} rather than wait for a disk; ext4 refuses it for writes. */
    public static final int RWF_NOWAIT = 0x08;

    /** The write is durable (data, and metadata needed to read it) when it returns. */
    public static final int RWF_DSYNC = 0x02;

    /** As {@link #RWF_DSYNC} with all metadata. */
    public static final int RWF_SYNC = 0x04;

    /** What a read or write with {@link #RWF_NOWAIT} answers where it would have had to wait. */
    public static final int WOULD_BLOCK = -1;

    private static final int AT_FDCWD = -100;
    private static final long SYS_OPENAT2 = 437; // the same on all architectures

    private static final MethodHandle OPEN =
            Native.variadic("open", 2, Native.INT, Native.POINTER, Native.INT, Native.INT);
    private static final MethodHandle OPENAT2 =
            Native.variadic(
                    "syscall",
                    1,
                    Native.LONG,
                    Native.LONG,
                    Native.INT,
                    Native.POINTER,
                    Native.POINTER,
                    Native.LONG);
    private static final MethodHandle PREADV2 = vectored("preadv2");
    private static final MethodHandle PWRITEV2 = vectored("pwritev2");
    private static final MethodHandle READ =
            Native.function("read", Native.LONG, Native.INT, Native.POINTER, Native.LONG);
    private static final MethodHandle WRITE =
            Native.function("write", Native.LONG, Native.INT, Native.POINTER, Native.LONG);

    private FileIo() {}

    private static MethodHandle vectored(String name) {
        return Native.function(
                name, Native.LONG, Native.INT, Native.POINTER, Native.INT, Native.LONG, Native.INT);
    }

    /**
     * open(2).
     *
     * @param flags of {@link OpenFlags}
     * @param mode permission bits for a file that O_CREAT makes, as 0600; less the umask
     */
    public static Descriptor open(Path path, int flags, int mode) throws LinuxException {
        int all = flags | OpenFlags.O_CLOEXEC | OpenFlags.largeFile(Architecture.current());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            Native call = Native.current();
            while (true) {
                int fd = (int) OPEN.invokeExact(call.state, name, all, mode);
                if (fd >= 0) {
                    return Descriptor.of(fd, path.toString());
                }
                if (call.errno() != Errno.EINTR) {
                    throw call.failure("open", path.toString());
                }
            }
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        }
    }

    /**
     * openat2(2): as {@link #open}, with limits on how the path is resolved. A path that is
     * relative starts at the process's working folder.
     *
     * @param resolve RESOLVE_ flags of {@link OpenFlags}
     */
    public static Descriptor openResolving(Path path, int flags, int mode, long resolve)
            throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path.toString());
            MemorySegment how = arena.allocate(24, 8);
            how.set(Native.LONG, 0, flags | OpenFlags.O_CLOEXEC);
            how.set(Native.LONG, 8, (flags & OpenFlags.O_CREAT) == 0 ? 0 : mode);
            how.set(Native.LONG, 16, resolve);
            Native call = Native.current();
            long fd =
                    (long)
                            OPENAT2.invokeExact(
                                    call.state, SYS_OPENAT2, AT_FDCWD, name, how, how.byteSize());
            if (fd < 0) {
                throw call.failure("openat2", path.toString());
            }
            return Descriptor.of((int) fd, path.toString());
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        }
    }

    /**
     * preadv2(2) into one buffer.
     *
     * @param offset in bytes from the file's start
     * @param flags RWF_ flags, or 0
     * @return bytes read, which may be fewer than the buffer takes; 0 at the end of the file;
     *     {@link #WOULD_BLOCK}
     */
    public static int read(Descriptor file, ByteBuffer into, long offset, int flags)
            throws LinuxException {
        return transfer(false, file, into, offset, flags);
    }

    /**
     * pwritev2(2) from one buffer.
     *
     * @return bytes written, which may be fewer than the buffer holds; {@link #WOULD_BLOCK}
     */
    public static int write(Descriptor file, ByteBuffer from, long offset, int flags)
            throws LinuxException {
        return transfer(true, file, from, offset, flags);
    }

    /**
     * Reads until the buffer is full or the file ends.
     *
     * @return bytes read; fewer than the buffer takes only at the end of the file
     */
    public static int readFully(Descriptor file, ByteBuffer into, long offset)
            throws LinuxException {
        int done = 0;
        while (into.hasRemaining()) {
            int n = read(file, into, offset + done, 0);
            if (n <= 0) {
                break;
            }
            done += n;
        }
        return done;
    }

    /** Writes all of the buffer. With RWF_DSYNC in the flags all of it is durable afterwards. */
    public static void writeFully(Descriptor file, ByteBuffer from, long offset, int flags)
            throws LinuxException {
        long at = offset;
        while (from.hasRemaining()) {
            int n = write(file, from, at, flags & ~RWF_NOWAIT);
            if (n <= 0) {
                throw new LinuxException("pwritev2", Errno.EIO, file.name());
            }
            at += n;
        }
    }

    /**
     * pwritev2(2) from several buffers at once, at most 64.
     *
     * @return bytes written in all; {@link #WOULD_BLOCK}
     */
    public static long write(Descriptor file, List<ByteBuffer> from, long offset, int flags)
            throws LinuxException {
        return gather(file, from, offset, flags);
    }

    /**
     * read(2) at the descriptor's own position; for devices, where it has none.
     *
     * @return bytes read, or the errno with a minus: the reader of a device meets EAGAIN too often
     *     for an exception
     */
    static int readNext(Descriptor file, ByteBuffer into) {
        Native call = Native.current();
        MemorySegment segment = direct(into);
        try {
            long n =
                    (long) READ.invokeExact(call.state, file.number(), segment, segment.byteSize());
            if (n < 0) {
                return -call.errno();
            }
            into.position(into.position() + (int) n);
            return (int) n;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        } finally {
            Reference.reachabilityFence(into);
        }
    }

    /** write(2) of a whole buffer at the descriptor's own position; for devices. */
    static void writeNext(Descriptor file, ByteBuffer from) throws LinuxException {
        Native call = Native.current();
        MemorySegment segment = direct(from);
        try {
            long n =
                    (long)
                            WRITE.invokeExact(
                                    call.state, file.number(), segment, segment.byteSize());
            if (n < 0) {
                throw call.failure("write", file.name());
            }
            if (n != segment.byteSize()) {
                throw new LinuxException("write", Errno.EIO, file.name() + ", cut at " + n);
            }
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    private static int transfer(
            boolean writing, Descriptor file, ByteBuffer buffer, long offset, int flags)
            throws LinuxException {
        Native call = Native.current();
        call.iovec(0, direct(buffer));
        int fd = file.number();
        try {
            while (true) {
                long n =
                        writing
                                ? (long)
                                        PWRITEV2.invokeExact(
                                                call.state, fd, call.iovecs, 1, offset, flags)
                                : (long)
                                        PREADV2.invokeExact(
                                                call.state, fd, call.iovecs, 1, offset, flags);
                if (n >= 0) {
                    buffer.position(buffer.position() + (int) n);
                    return (int) n;
                }
                if (call.errno() == Errno.EAGAIN && (flags & RWF_NOWAIT) != 0) {
                    return WOULD_BLOCK;
                }
                if (call.errno() != Errno.EINTR) {
                    throw call.failure(
                            writing ? "pwritev2" : "preadv2", file.name() + " at " + offset);
                }
            }
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    private static long gather(Descriptor file, List<ByteBuffer> from, long offset, int flags)
            throws LinuxException {
        if (from.size() > Native.IOVECS) {
            throw new IllegalArgumentException(from.size() + " buffers in one write");
        }
        Native call = Native.current();
        for (int i = 0; i < from.size(); i++) {
            call.iovec(i, direct(from.get(i)));
        }
        try {
            long n =
                    (long)
                            PWRITEV2.invokeExact(
                                    call.state,
                                    file.number(),
                                    call.iovecs,
                                    from.size(),
                                    offset,
                                    flags);
            if (n < 0 && call.errno() == Errno.EAGAIN && (flags & RWF_NOWAIT) != 0) {
                return WOULD_BLOCK;
            }
            if (n < 0) {
                throw call.failure("pwritev2", file.name() + " at " + offset);
            }
            long left = n;
            for (ByteBuffer buffer : from) {
                int moved = (int) Math.min(left, buffer.remaining());
                buffer.position(buffer.position() + moved);
                left -= moved;
            }
            return n;
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable t) {
            throw Native.unexpected(t);
        } finally {
            Reference.reachabilityFence(from);
        }
    }

    private static MemorySegment direct(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("a system call needs a direct buffer");
        }
        return MemorySegment.ofBuffer(buffer);
    }
}
