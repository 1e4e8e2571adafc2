package dev.lunaria.node.disk.fuse;

/**
 * A request of the kernel's FUSE client, as far as a single regular file can get one. Immutable;
 * the bytes of a write stay in the buffer that it was read into.
 */
sealed interface FuseRequest {

    /** The number under which the answer is sent. */
    long unique();

    /** FUSE_INIT: the kernel's protocol version and what it offers. */
    record Init(long unique, int major, int minor, int maxReadahead, int flags)
            implements FuseRequest {}

    /** FUSE_GETATTR. */
    record GetAttributes(long unique) implements FuseRequest {}

    /** FUSE_OPEN with the flags of open(2). */
    record Open(long unique, int flags) implements FuseRequest {}

    /** FUSE_READ; offset and length in bytes. */
    record Read(long unique, long offset, int length) implements FuseRequest {}

    /** FUSE_WRITE; offset and length in bytes. */
    record Write(long unique, long offset, int length) implements FuseRequest {}

    /** FUSE_STATFS. */
    record StatFileSystem(long unique) implements FuseRequest {}

    /** FUSE_FSYNC. */
    record Sync(long unique) implements FuseRequest {}

    /** FUSE_FALLOCATE with the mode of fallocate(2); offset and length in bytes. */
    record Allocate(long unique, int mode, long offset, long length) implements FuseRequest {}

    /** FUSE_LSEEK for SEEK_DATA (3) and SEEK_HOLE (4). */
    record Seek(long unique, long offset, int whence) implements FuseRequest {}

    /** FUSE_RELEASE, FUSE_FLUSH and FUSE_DESTROY: nothing to do, answered with success. */
    record Ending(long unique) implements FuseRequest {}

    /** FUSE_FORGET and FUSE_BATCH_FORGET: nobody waits for an answer. */
    record Unanswered(long unique) implements FuseRequest {}

    /** Everything else: answered with ENOSYS, after which the kernel mostly doesn't ask again. */
    record Unsupported(long unique, int opcode) implements FuseRequest {}
}
