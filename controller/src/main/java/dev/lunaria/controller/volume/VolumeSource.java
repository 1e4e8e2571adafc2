package dev.lunaria.controller.volume;

import java.util.UUID;

/** What a volume begins as a copy of; always in its own pool. Immutable. */
public sealed interface VolumeSource {

    /** What another volume holds when the copy is made. */
    record OfVolume(VolumeId volume) implements VolumeSource {}

    /** What a snapshot holds. */
    record OfSnapshot(SnapshotId snapshot) implements VolumeSource {}

    /** The pool in which it is. */
    default UUID pool() {
        return switch (this) {
            case OfVolume(VolumeId volume) -> volume.pool();
            case OfSnapshot(SnapshotId snapshot) -> snapshot.pool();
        };
    }

    /** For messages. */
    default String description() {
        return switch (this) {
            case OfVolume(VolumeId volume) -> "volume " + volume;
            case OfSnapshot(SnapshotId snapshot) -> "snapshot " + snapshot;
        };
    }
}
