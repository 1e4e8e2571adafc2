package dev.lunaria.node.disk.process;

import dev.lunaria.node.disk.Deadline;
import dev.lunaria.node.disk.UserspaceDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a disk process's volumes: what nobody uses is detached. What is mounted is written
 * back at once, and waited for to be unmounted; what then still is, is written back once more and
 * left to the end of the process: its mount is lost, flushed data is not.
 *
 * <p>Run once, by the thread that stops the process, when no calls come any more. Bounded by the
 * constants here, together less than the time in which the program stops.
 */
final class LastDetach {
    private static final Logger log = LoggerFactory.getLogger(LastDetach.class);

    /** Twice. */
    private static final Duration WRITE_BACK = Duration.ofSeconds(7);

    private static final Duration MOUNTS_GO = Duration.ofSeconds(8);

    private final Volumes volumes;

    LastDetach(Volumes volumes) {
        this.volumes = volumes;
    }

    void run() {
        var _ = WriteBack.of(devices(), WRITE_BACK);
        Deadline mountsGo = Deadline.in(MOUNTS_GO);
        do {
            volumes.list().stream().filter(LastDetach::isFree).forEach(this::detach);
        } while (!volumes.list().isEmpty() && mountsGo.pause());
        Set<Path> writtenBack = WriteBack.of(devices(), WRITE_BACK);
        for (AttachedVolume volume : volumes.list()) {
            log.atWarn()
                    .addKeyValue("volume", volume.spec().volumeId())
                    .addKeyValue("reason", Volumes.inUse(volume, null).getMessage())
                    .addKeyValue("writtenBack", writtenBack.contains(volume.device().device()))
                    .log("the volume is left as it is; its mount ends with this process");
        }
    }

    private List<UserspaceDisk> devices() {
        return volumes.list().stream()
                .filter(AttachedVolume::isOnline)
                .map(AttachedVolume::device)
                .toList();
    }

    private static boolean isFree(AttachedVolume volume) {
        try {
            return !volume.device().loop().isClaimed();
        } catch (IOException e) {
            log.debug("can't tell whether a device is in use", e);
            return false;
        }
    }

    private void detach(AttachedVolume volume) {
        try {
            volumes.detach(volume.spec().volumeId(), false);
        } catch (DiskFailure e) {
            log.atDebug()
                    .addKeyValue("volume", volume.spec().volumeId())
                    .addKeyValue("reason", e.getMessage())
                    .log("a volume can't be detached yet");
        }
    }
}
