package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.FileControl;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The structs of linux/fuse.h (protocol 7.28 and later, Linux 4.20), read and written at explicit
 * offsets. Stateless: any thread. All numbers are in host byte order.
 *
 * <p>One buffer serves a request from its arrival to its answer. Data start at {@link #DATA_AT}, on
 * a page; a request is read so that a write's data fall there ({@link #REQUEST_AT}), and an
 * answer's header lies right before what it carries ({@link #REPLY_AT}), so that it goes out in one
 * piece:
 *
 * <pre>
 *   REQUEST_AT  in_header (40)  write_in (40) | DATA_AT  data of a write
 *                        REPLY_AT out_header (16) | DATA_AT  data or struct of the answer
 * </pre>
 */
final class FuseProtocol {

    static final int MAJOR = 7;

    /** What this server speaks; the kernel uses the lower of the two. */
    static final int MINOR = 38;

    /** The oldest that knows max_pages. */
    static final int OLDEST_MINOR = 28;

    static final int ASYNC_READ = 1 << 0;
    static final int BIG_WRITES = 1 << 5;
    static final int ASYNC_DIO = 1 << 15;
    static final int MAX_PAGES = 1 << 22;

    static final int FOPEN_DIRECT_IO = 1 << 0;
    static final int FOPEN_NOFLUSH = 1 << 5;
    static final int FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

    static final int PAGE = 4096;

    /**
     * Pages that one request may touch, the kernel's limit: more than its bytes fill, so that a
     * buffer that begins inside a page isn't cut inside a block.
     */
    static final int MAX_REQUEST_PAGES = 256;

    static final int IN_HEADER = 40;
    static final int WRITE_IN = 40;
    static final int OUT_HEADER = 16;

    static final int DATA_AT = PAGE;
    static final int REQUEST_AT = DATA_AT - WRITE_IN - IN_HEADER;
    static final int REPLY_AT = DATA_AT - OUT_HEADER;

    private static final int ARGUMENT_AT = REQUEST_AT + IN_HEADER;

    private static final int INIT_OUT = 64;
    private static final int ATTR_OUT = 104;
    private static final int OPEN_OUT = 16;
    private static final int WRITE_OUT = 8;
    private static final int STATFS_OUT = 80;
    private static final int LSEEK_OUT = 8;

    private static final int FORGET = 2;
    private static final int GETATTR = 3;
    private static final int OPEN = 14;
    private static final int READ = 15;
    private static final int WRITE = 16;
    private static final int STATFS = 17;
    private static final int RELEASE = 18;
    private static final int FSYNC = 20;
    private static final int FLUSH = 25;
    private static final int INIT = 26;
    private static final int DESTROY = 38;
    private static final int BATCH_FORGET = 42;
    private static final int FALLOCATE = 43;
    private static final int LSEEK = 46;

    private static final int ROOT_INODE = 1;
    private static final int REGULAR_FILE = 0100000;

    private FuseProtocol() {}

    /** A buffer for requests and answers that carry at most {@code maxData} bytes. */
    static ByteBuffer allocate(int maxData) {
        return ByteBuffer.allocateDirect(DATA_AT + maxData + PAGE)
                .alignedSlice(PAGE)
                .slice(0, DATA_AT + maxData)
                .order(ByteOrder.nativeOrder());
    }

    /**
     * Reads the request that lies at {@link #REQUEST_AT}.
     *
     * @param length what the kernel delivered, in bytes
     * @throws IllegalStateException where that is not what the header says: then the two have lost
     *     each other and the connection must end
     */
    static FuseRequest parse(ByteBuffer buffer, int length) {
        require(length >= IN_HEADER && buffer.getInt(REQUEST_AT) == length, "length", length);
        int opcode = buffer.getInt(REQUEST_AT + 4);
        long unique = buffer.getLong(REQUEST_AT + 8);
        int argument = length - IN_HEADER;
        return switch (opcode) {
            case FORGET, BATCH_FORGET -> new FuseRequest.Unanswered(unique);
            case GETATTR -> new FuseRequest.GetAttributes(unique);
            case STATFS -> new FuseRequest.StatFileSystem(unique);
            case FSYNC -> new FuseRequest.Sync(unique);
            case RELEASE, FLUSH, DESTROY -> new FuseRequest.Ending(unique);
            case INIT -> {
                require(argument >= 16, "INIT", length);
                yield new FuseRequest.Init(
                        unique,
                        buffer.getInt(ARGUMENT_AT),
                        buffer.getInt(ARGUMENT_AT + 4),
                        buffer.getInt(ARGUMENT_AT + 8),
                        buffer.getInt(ARGUMENT_AT + 12));
            }
            case OPEN -> {
                require(argument >= 8, "OPEN", length);
                yield new FuseRequest.Open(unique, buffer.getInt(ARGUMENT_AT));
            }
            case READ -> {
                require(argument >= 40, "READ", length);
                yield new FuseRequest.Read(
                        unique, buffer.getLong(ARGUMENT_AT + 8), buffer.getInt(ARGUMENT_AT + 16));
            }
            case WRITE -> {
                require(argument >= WRITE_IN, "WRITE", length);
                int size = buffer.getInt(ARGUMENT_AT + 16);
                require(argument == WRITE_IN + size, "WRITE", length);
                yield new FuseRequest.Write(unique, buffer.getLong(ARGUMENT_AT + 8), size);
            }
            case FALLOCATE -> {
                require(argument >= 32, "FALLOCATE", length);
                yield new FuseRequest.Allocate(
                        unique,
                        buffer.getInt(ARGUMENT_AT + 24),
                        buffer.getLong(ARGUMENT_AT + 8),
                        buffer.getLong(ARGUMENT_AT + 16));
            }
            case LSEEK -> {
                require(argument >= 24, "LSEEK", length);
                yield new FuseRequest.Seek(
                        unique, buffer.getLong(ARGUMENT_AT + 8), buffer.getInt(ARGUMENT_AT + 16));
            }
            default -> new FuseRequest.Unsupported(unique, opcode);
        };
    }

    /** An answer of only its header: errno 0 for success, else positive. */
    static ByteBuffer status(ByteBuffer buffer, long unique, int errno) {
        return reply(buffer, unique, errno, 0);
    }

    /** An answer with the bytes that lie at {@link #DATA_AT}. */
    static ByteBuffer data(ByteBuffer buffer, long unique, int length) {
        return reply(buffer, unique, 0, length);
    }

    /**
     * The answer to INIT: async direct I/O, large requests, many in the background.
     *
     * @param maxBackground requests that the kernel keeps under way without waiting for each
     * @param maxWrite the most bytes of one read or write
     */
    static ByteBuffer init(
            ByteBuffer buffer, FuseRequest.Init request, int maxBackground, int maxWrite) {
        clear(buffer, INIT_OUT);
        buffer.putInt(DATA_AT, MAJOR);
        buffer.putInt(DATA_AT + 4, MINOR);
        buffer.putInt(DATA_AT + 8, request.maxReadahead());
        buffer.putInt(DATA_AT + 12, ASYNC_READ | BIG_WRITES | ASYNC_DIO | MAX_PAGES);
        buffer.putShort(DATA_AT + 16, (short) maxBackground);
        buffer.putShort(DATA_AT + 18, (short) maxBackground);
        buffer.putInt(DATA_AT + 20, maxWrite);
        buffer.putInt(DATA_AT + 24, 1);
        buffer.putShort(DATA_AT + 28, (short) MAX_REQUEST_PAGES);
        return reply(buffer, request.unique(), 0, INIT_OUT);
    }

    /** The file's attributes, valid for no time, so that a growth is seen at the next question. */
    static ByteBuffer attributes(ByteBuffer buffer, long unique, long sizeBytes, boolean readOnly) {
        clear(buffer, ATTR_OUT);
        int attr = DATA_AT + 16;
        buffer.putLong(attr, ROOT_INODE);
        buffer.putLong(attr + 8, sizeBytes);
        buffer.putLong(attr + 16, sizeBytes / 512);
        buffer.putInt(attr + 60, REGULAR_FILE | (readOnly ? 0400 : 0600));
        buffer.putInt(attr + 64, 1);
        buffer.putInt(attr + 80, PAGE);
        return reply(buffer, unique, 0, ATTR_OUT);
    }

    /** Opened: past the page cache, writes beside each other, no FLUSH at each close. */
    static ByteBuffer opened(ByteBuffer buffer, long unique) {
        clear(buffer, OPEN_OUT);
        buffer.putInt(DATA_AT + 8, FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES | FOPEN_NOFLUSH);
        return reply(buffer, unique, 0, OPEN_OUT);
    }

    /** Written, all of it. */
    static ByteBuffer written(ByteBuffer buffer, long unique, int length) {
        clear(buffer, WRITE_OUT);
        buffer.putInt(DATA_AT, length);
        return reply(buffer, unique, 0, WRITE_OUT);
    }

    /**
     * The file system's size; the loop driver takes its discard granularity from the block size.
     */
    static ByteBuffer fileSystem(ByteBuffer buffer, long unique, long sizeBytes) {
        clear(buffer, STATFS_OUT);
        buffer.putLong(DATA_AT, sizeBytes / PAGE);
        buffer.putLong(DATA_AT + 24, 1);
        buffer.putInt(DATA_AT + 40, PAGE);
        buffer.putInt(DATA_AT + 44, 255);
        buffer.putInt(DATA_AT + 48, PAGE);
        return reply(buffer, unique, 0, STATFS_OUT);
    }

    /** Where SEEK_DATA or SEEK_HOLE ended. */
    static ByteBuffer position(ByteBuffer buffer, long unique, long offset) {
        buffer.putLong(DATA_AT, offset);
        return reply(buffer, unique, 0, LSEEK_OUT);
    }

    /** Whether a FALLOCATE mode asks for a hole. */
    static boolean isPunchHole(int mode) {
        return mode == (FileControl.FALLOC_FL_PUNCH_HOLE | FileControl.FALLOC_FL_KEEP_SIZE);
    }

    /** Whether a FALLOCATE mode asks for zeroes. */
    static boolean isZeroRange(int mode) {
        return (mode & ~FileControl.FALLOC_FL_KEEP_SIZE) == FileControl.FALLOC_FL_ZERO_RANGE;
    }

    private static ByteBuffer reply(ByteBuffer buffer, long unique, int errno, int length) {
        buffer.putInt(REPLY_AT, OUT_HEADER + length);
        buffer.putInt(REPLY_AT + 4, -errno);
        buffer.putLong(REPLY_AT + 8, unique);
        return buffer.clear().position(REPLY_AT).limit(DATA_AT + length);
    }

    private static void clear(ByteBuffer buffer, int length) {
        for (int i = 0; i < length; i += 8) {
            buffer.putLong(DATA_AT + i, 0);
        }
    }

    private static void require(boolean holds, String what, int length) {
        if (!holds) {
            throw new IllegalStateException(
                    "the kernel sent a FUSE " + what + " of " + length + " bytes");
        }
    }
}
