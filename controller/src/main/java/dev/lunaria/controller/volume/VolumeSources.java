package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import dev.lunaria.registry.StorageTarget;
import java.util.Optional;

/** What volumes may be copied from, as it is at the targets. Used by any thread; keeps nothing. */
public final class VolumeSources {

    private final RegisteredTargets registered;
    private final Targets targets;

    public VolumeSources(RegisteredTargets registered, Targets targets) {
        this.registered = registered;
        this.targets = targets;
    }

    /**
     * Size of the source, in bytes. {@code NOT_FOUND}: there is no such volume or snapshot. {@code
     * BUSY}: it isn't all there yet. {@code IN_USE}: it never will be.
     */
    public long sizeBytes(VolumeSource source) {
        return switch (source) {
            case VolumeSource.OfVolume(VolumeId id) -> {
                Lun lun = lun(id).orElseThrow(() -> gone(source));
                requireReady(source, lun.content(), lun.remainingBytes());
                yield lun.sizeBytes();
            }
            case VolumeSource.OfSnapshot(SnapshotId id) -> {
                TargetSnapshot snapshot = snapshot(id).orElseThrow(() -> gone(source));
                requireReady(source, snapshot.content(), snapshot.remainingBytes());
                yield snapshot.sizeBytes();
            }
        };
    }

    /** Whether it is gone for good; a target that doesn't answer throws. */
    boolean isGone(VolumeSource source) {
        return switch (source) {
            case VolumeSource.OfVolume(VolumeId id) -> lun(id).isEmpty();
            case VolumeSource.OfSnapshot(SnapshotId id) -> snapshot(id).isEmpty();
        };
    }

    private Optional<Lun> lun(VolumeId id) {
        StorageTarget target = registered.of(id.pool()).spec();
        return target.retired() ? Optional.empty() : targets.open(target).find(id.lun());
    }

    private Optional<TargetSnapshot> snapshot(SnapshotId id) {
        StorageTarget target = registered.of(id.pool()).spec();
        return target.retired() ? Optional.empty() : targets.snapshots(target).find(id);
    }

    private static void requireReady(VolumeSource source, Content content, long remainingBytes) {
        switch (content) {
            case READY -> {}
            case COPYING ->
                    throw new Failure(
                            BUSY,
                            "%s is still being copied, %d bytes are left; repeat"
                                    .formatted(source.description(), remainingBytes));
            case FAILED ->
                    throw new Failure(
                            IN_USE,
                            source.description()
                                    + " could not be finished and holds nothing whole; delete it and use another");
        }
    }

    static Failure gone(VolumeSource source) {
        return new Failure(NOT_FOUND, "there is no " + source.description() + " to copy from");
    }
}
