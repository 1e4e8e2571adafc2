package dev.lunaria.controller.csi;

import com.google.protobuf.Timestamp;
import dev.lunaria.controller.snapshot.SnapshotGroup;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.Volume;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeSource;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.VolumeContentSource;
import dev.lunaria.proto.csi.v1.VolumeGroupSnapshot;
import java.time.Instant;

/** The domain's records as CSI's messages. No state. */
final class CsiMessages {

    private CsiMessages() {}

    static dev.lunaria.proto.csi.v1.Volume volume(Volume volume) {
        var csi =
                dev.lunaria.proto.csi.v1.Volume.newBuilder()
                        .setVolumeId(volume.id().toString())
                        .setCapacityBytes(volume.sizeBytes());
        if (!volume.topology().isEmpty()) {
            csi.addAccessibleTopologyBuilder().putAllSegments(volume.topology());
        }
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

    static Snapshot snapshot(dev.lunaria.controller.snapshot.Snapshot snapshot) {
        var csi =
                Snapshot.newBuilder()
                        .setSnapshotId(snapshot.id().toString())
                        .setSourceVolumeId(snapshot.source().toString())
                        .setSizeBytes(snapshot.sizeBytes())
                        .setCreationTime(timestamp(snapshot.taken()))
                        .setReadyToUse(snapshot.ready());
        snapshot.group().ifPresent(group -> csi.setGroupSnapshotId(group.toString()));
        return csi.build();
    }

    static VolumeGroupSnapshot group(SnapshotGroup group) {
        var csi =
                VolumeGroupSnapshot.newBuilder()
                        .setGroupSnapshotId(group.id().toString())
                        .setCreationTime(timestamp(group.taken()))
                        .setReadyToUse(group.ready());
        group.snapshots().forEach(snapshot -> csi.addSnapshots(snapshot(snapshot)));
        return csi.build();
    }

    private static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
