package dev.lunaria.node.disk;

/**
 * The answer to one request of {@link BlockIo}. Belongs to whoever made the request, and is called
 * by whoever answers it, on any thread. Called exactly once per request.
 */
@FunctionalInterface
public interface IoCompletion {

    /**
     * Ends the request. Must not block and must not throw.
     *
     * @param errno 0 when all of the request was done, else a positive errno of Linux (EIO, ENOSPC,
     *     ...), in which case none, some or all of a write may have reached the disk and the
     *     contents of a read's buffer mean nothing
     */
    void complete(int errno);
}
