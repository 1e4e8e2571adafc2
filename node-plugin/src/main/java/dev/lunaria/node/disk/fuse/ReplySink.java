package dev.lunaria.node.disk.fuse;

import java.nio.ByteBuffer;

/** Where answers go: the channel that their request was read from. Any thread; never blocks. */
interface ReplySink {

    /** Sends one answer, from the buffer's position to its limit. */
    void send(ByteBuffer reply);

    /** A request is under way. */
    void retain();

    /** The request has been answered. */
    void release();
}
