package dev.lunaria.node.volume;

import dev.lunaria.linux.BlockDevices;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.kernel.KernelCalls;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detaches disks that no volume of this node uses: a plugin that died before it wrote its record,
 * or after it removed it, leaves such. For any platform thread.
 *
 * <p>A disk goes only where there is no record of its volume and the kernel doesn't hold its
 * device, and only under the volume's lock; its writes are not discarded.
 */
public final class UnusedDisks {
    private static final Logger log = LoggerFactory.getLogger(UnusedDisks.class);
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final VolumeLocks locks;
    private final VolumeRecords records;
    private final Disks disks;
    private final KernelCalls kernel;

    /** Unused disks, as the other parts know them. */
    public UnusedDisks(VolumeLocks locks, VolumeRecords records, Disks disks, KernelCalls kernel) {
        this.locks = locks;
        this.records = records;
        this.disks = disks;
        this.kernel = kernel;
    }

    /**
     * Detaches them; what can't be detached is logged and left.
     *
     * @throws NodeFailure where the disks can't be listed; repeat
     */
    public void detach() {
        for (AttachedDisk disk : disks.list()) {
            try {
                locks.run(disk.volumeId(), "detaching", () -> detachIfUnused(disk));
            } catch (NodeFailure e) {
                log.atWarn()
                        .addKeyValue("volume", disk.volumeId())
                        .addKeyValue("reason", e.getMessage())
                        .log("a disk that no volume uses can't be detached; it stays");
            }
        }
    }

    private void detachIfUnused(AttachedDisk disk) throws IOException {
        if (records.read(disk.volumeId()).isPresent()) {
            return;
        }
        boolean claimed =
                kernel.within(
                        LOOK,
                        "looking at " + disk.device(),
                        () -> BlockDevices.isClaimed(disk.device()));
        if (claimed) {
            return;
        }
        disks.detach(disk.volumeId(), false);
        log.atInfo()
                .addKeyValue("device", disk.device())
                .log("a disk that no volume used was detached");
    }
}
