package dev.lunaria.node.disk.process;

import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.node.disk.UserspaceDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes back the filesystem that is mounted from a disk of this process, at its end. Stateless.
 *
 * <p>A child does it: a process that waits for its own disk, and is killed then, is never gone.
 */
final class WriteBack {
    private static final Logger log = LoggerFactory.getLogger(WriteBack.class);

    private WriteBack() {}

    /**
     * Waits until a disk's filesystem is written back.
     *
     * @return false where that took longer, or failed, or nothing is mounted in our sight
     */
    static boolean of(UserspaceDisk disk, Duration within) {
        try {
            List<MountInfo> mounts = MountTable.read().from(disk.device(), disk.loop().device());
            return !mounts.isEmpty() && sync(mounts.getFirst(), within);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("device", disk.device())
                    .setCause(e)
                    .log("can't write back; what the kernel has not written yet is lost");
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean sync(MountInfo mount, Duration within)
            throws IOException, InterruptedException {
        Process child =
                new ProcessBuilder("sync", "-f", mount.mountPoint().toString())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        boolean ended = child.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            child.destroyForcibly();
        }
        return ended && child.exitValue() == 0;
    }
}
