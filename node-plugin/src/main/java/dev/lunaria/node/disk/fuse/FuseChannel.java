package dev.lunaria.node.disk.fuse;

import dev.lunaria.linux.FuseDevice;
import dev.lunaria.linux.LinuxException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open /dev/fuse, shared by its reader and the requests under way. Each of them holds it once;
 * the last one to let go closes it, so that a late answer never meets the number of a descriptor
 * that is somebody else's by then.
 */
final class FuseChannel implements ReplySink {

    private static final Logger LOG = LoggerFactory.getLogger(FuseChannel.class);

    private final FuseDevice device;
    private final AtomicInteger holders = new AtomicInteger(1);

    /** Held once, by the reader. */
    FuseChannel(FuseDevice device) {
        this.device = device;
    }

    FuseDevice device() {
        return device;
    }

    @Override
    public void retain() {
        holders.incrementAndGet();
    }

    @Override
    public void release() {
        if (holders.decrementAndGet() == 0) {
            device.close();
        }
    }

    @Override
    public void send(ByteBuffer reply) {
        try {
            device.write(reply);
        } catch (LinuxException e) {
            // The kernel refused the answer itself; the request ends when the disk is aborted.
            LOG.atError().setCause(e).log("FUSE answer refused by the kernel; the request hangs");
        }
    }
}
