package dev.lunaria.node.disk.process;

import dev.lunaria.linux.MountInfo;
import dev.lunaria.linux.MountTable;
import dev.lunaria.node.disk.Deadline;
import dev.lunaria.node.disk.UserspaceDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes back the filesystems that are mounted from disks of this process, at its end. Stateless.
 *
 * <p>A child does it: a process that waits for its own disk, and is killed then, is never gone.
 */
final class WriteBack {
    private static final Logger log = LoggerFactory.getLogger(WriteBack.class);

    private WriteBack() {}

    /**
     * Waits until the filesystems of disks are written back, all at the same time.
     *
     * @return the devices of which that is done; not those where it took longer, or failed, or
     *     where nothing is mounted in our sight
     */
    static Set<Path> of(List<UserspaceDisk> disks, Duration within) {
        Map<Path, Process> children = new HashMap<>();
        for (UserspaceDisk disk : disks) {
            try {
                List<MountInfo> mounts =
                        MountTable.read().from(disk.device(), disk.loop().device());
                if (!mounts.isEmpty()) {
                    children.put(disk.device(), sync(mounts.getFirst()));
                }
            } catch (IOException e) {
                log.atWarn()
                        .addKeyValue("device", disk.device())
                        .setCause(e)
                        .log("can't write back; what the kernel has not written yet is lost");
            }
        }
        Deadline deadline = Deadline.in(within);
        while (children.values().stream().anyMatch(Process::isAlive) && deadline.pause()) {}
        Set<Path> done = new HashSet<>();
        children.forEach((device, child) -> {
            if (child.isAlive()) {
                child.destroyForcibly();
            } else if (child.exitValue() == 0) {
                done.add(device);
            }
        });
        return done;
    }

    private static Process sync(MountInfo mount) throws IOException {
        return new ProcessBuilder("sync", "-f", mount.mountPoint().toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
