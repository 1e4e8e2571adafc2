package dev.lunaria.node.attach;

import java.nio.file.Path;
import java.util.UUID;

/**
 * A volume's block device on this node, as the backend tells of it.
 *
 * @param volumeId the volume's id
 * @param epoch of the grant with which it was attached
 * @param device path of the block device
 * @param sizeBytes its size
 * @param blockBytes its logical block size
 * @param state whether I/O flows
 * @param message why it isn't ONLINE; empty otherwise
 * @param readOnly whether the volume is only read
 * @param identity UUID of the logical unit, as it was compared
 */
public record AttachedDisk(
        String volumeId,
        long epoch,
        Path device,
        long sizeBytes,
        int blockBytes,
        State state,
        String message,
        boolean readOnly,
        UUID identity) {

    /** Whether I/O flows. */
    public enum State {
        /** Logged in. */
        ONLINE,
        /** The connection is lost; I/O waits for it. */
        RECOVERING,
        /** The target refused the login; I/O fails, for good. */
        FENCED
    }
}
