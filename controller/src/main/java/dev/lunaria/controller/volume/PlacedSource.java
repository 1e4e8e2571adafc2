package dev.lunaria.controller.volume;

import dev.lunaria.registry.LunariaVolume;
import java.util.Optional;

/** What a placed volume is a copy of, as the registry keeps it. No state. */
public final class PlacedSource {

    private PlacedSource() {}

    /** Empty where it begins blank. */
    public static Optional<VolumeSource> of(LunariaVolume placed) {
        return Optional.ofNullable(placed.source())
                .map(source ->
                        switch (source.kind()) {
                            case LUN ->
                                    new VolumeSource.OfVolume(
                                            new VolumeId(placed.pool(), source.id()));
                            case SNAPSHOT ->
                                    new VolumeSource.OfSnapshot(
                                            new SnapshotId(placed.pool(), source.id()));
                        });
    }

    /** As the registry keeps it; the pool is the volume's own. */
    public static LunariaVolume.Source toRegistry(VolumeSource source) {
        return switch (source) {
            case VolumeSource.OfVolume(VolumeId volume) ->
                    new LunariaVolume.Source(LunariaVolume.SourceKind.LUN, volume.lun());
            case VolumeSource.OfSnapshot(SnapshotId snapshot) ->
                    new LunariaVolume.Source(
                            LunariaVolume.SourceKind.SNAPSHOT, snapshot.snapshot());
        };
    }
}
