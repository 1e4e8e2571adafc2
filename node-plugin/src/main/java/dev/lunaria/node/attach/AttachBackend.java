package dev.lunaria.node.attach;

import java.util.List;

/**
 * Gives volumes a block device on this node. For any thread; callers hold the volume's lock.
 *
 * <p>Every method is bounded in time, may be repeated after any crash, and throws {@link
 * dev.lunaria.node.failure.NodeFailure}: UNAVAILABLE or TIMED_OUT where it is to be repeated,
 * PRECONDITION where something must change first.
 */
public interface AttachBackend {
    /**
     * Makes the block device, or returns the one that is there for the same epoch. One of an older
     * epoch is destroyed first, whatever uses it. The logical unit's identity is compared.
     *
     * <p>PRECONDITION: the target refuses the credentials, or another logical unit answers.
     */
    AttachedDisk attach(AttachSpec spec);

    /**
     * Removes the block device; nothing where there is none.
     *
     * <p>PRECONDITION: the device is in use (never with {@code discardWrites}).
     *
     * @param discardWrites fail what is in flight rather than wait for the target
     */
    void detach(String volumeId, boolean discardWrites);

    /**
     * Makes the block device as large as the logical unit is now, in use or not; the target is
     * asked, whatever it has told.
     *
     * <p>NOT_FOUND: the volume isn't attached. PRECONDITION: it is fenced.
     */
    AttachedDisk refreshSize(String volumeId);

    /** All block devices that there are. */
    List<AttachedDisk> list();

    /** The format state of an attached volume. */
    FormatState format(String volumeId);

    /**
     * Enters FORMATTING: from BLANK, or from FORMATTING where the owner is this node or fenced (the
     * volume is then blanked first).
     *
     * <p>BUSY: the generation is another by now. PRECONDITION: somebody else formats, or the volume
     * is in use.
     */
    FormatState beginFormat(String volumeId, long generation, String filesystem);

    /**
     * Flushes, then enters READY.
     *
     * <p>BUSY: the generation is another by now.
     */
    FormatState finishFormat(String volumeId, long generation);
}
