package dev.lunaria.controller.csi;

import com.google.protobuf.Timestamp;
import dev.lunaria.controller.snapshot.SnapshotGroup;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.Volume;
import dev.lunaria.controller.volume.VolumeConditions;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeSource;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.VolumeContentSource;
import dev.lunaria.proto.csi.v1.VolumeGroupSnapshot;
import dev.lunaria.proto.csi.v1.VolumeHealth;
import dev.lunaria.proto.csi.v1.VolumeHealthErrorType;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.csi.Segments;
import java.time.Instant;

/** The domain's records as CSI's messages. Immutable. */
final class CsiMessages {

    private final AlphaCalls alpha;

    CsiMessages(AlphaCalls alpha) {
        this.alpha = alpha;
    }

    /**
     * A volume: it can be used where its pool is reached, by nodes that have what it takes.
     *
     * @param filesystem what is or will be on it; empty: nothing, or it isn't known
     */
    static dev.lunaria.proto.csi.v1.Volume volume(Volume volume, String filesystem) {
        var csi =
                dev.lunaria.proto.csi.v1.Volume.newBuilder()
                        .setVolumeId(volume.id().toString())
                        .setCapacityBytes(volume.sizeBytes());
        csi.addAccessibleTopologyBuilder()
                .putAllSegments(volume.topology())
                .putAllSegments(Segments.requiredFor(filesystem));
        volume.source().map(CsiMessages::source).ifPresent(csi::setContentSource);
        return csi.build();
    }

    private static VolumeContentSource source(VolumeSource source) {
        var csi = VolumeContentSource.newBuilder();
        switch (source) {
            case VolumeSource.OfVolume(VolumeId volume) ->
                    csi.getVolumeBuilder().setVolumeId(volume.toString());
            case VolumeSource.OfSnapshot(SnapshotId snapshot) ->
                    csi.getSnapshotBuilder().setSnapshotId(snapshot.toString());
        }
        return csi.build();
    }

    /** From where it can be used is told to those alone who know that it can be told. */
    Snapshot snapshot(dev.lunaria.controller.snapshot.Snapshot snapshot) {
        var csi =
                Snapshot.newBuilder()
                        .setSnapshotId(snapshot.id().toString())
                        .setSourceVolumeId(snapshot.source().toString())
                        .setSizeBytes(snapshot.sizeBytes())
                        .setCreationTime(timestamp(snapshot.taken()))
                        .setReadyToUse(snapshot.ready());
        if (alpha == AlphaCalls.ANNOUNCED) {
            csi.addAccessibleTopologyBuilder()
                    .putAllSegments(snapshot.topology())
                    .putAllSegments(Segments.requiredFor(""));
        }
        snapshot.group().ifPresent(group -> csi.setGroupSnapshotId(group.toString()));
        return csi.build();
    }

    VolumeGroupSnapshot group(SnapshotGroup group) {
        var csi =
                VolumeGroupSnapshot.newBuilder()
                        .setGroupSnapshotId(group.id().toString())
                        .setCreationTime(timestamp(group.taken()))
                        .setReadyToUse(group.ready());
        group.snapshots().forEach(snapshot -> csi.addSnapshots(snapshot(snapshot)));
        return csi.build();
    }

    /** What is wrong with a volume; nothing where it is well. */
    static VolumeHealth health(VolumeConditions.Found found) {
        var csi = VolumeHealth.newBuilder().setVolumeId(found.id().toString());
        for (VolumeConditions.Condition condition : found.conditions()) {
            csi.addHealthStatusesBuilder()
                    .setStatus(
                            switch (condition.cause()) {
                                case TARGET_AWAY, DAMAGED, COPY_FAILED ->
                                        VolumeHealthErrorType.INACCESSIBLE;
                                case WRITES_LOST, POOL_FULL -> VolumeHealthErrorType.DEGRADED;
                            })
                    .setReason(condition.cause().reason())
                    .setMessage(condition.message());
        }
        return csi.build();
    }

    private static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
