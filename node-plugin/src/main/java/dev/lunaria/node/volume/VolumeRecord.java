package dev.lunaria.node.volume;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What this node means to have done with a volume; what it really has done is read from the kernel.
 * Immutable.
 *
 * @param volumeId the volume's id
 * @param epoch of the grant with which it was staged
 * @param identity of the logical unit
 * @param stagingPath where it is staged
 * @param device the block device that was mounted there; empty until there is one
 * @param usage filesystem or block device
 * @param readOnly whether the access mode allows reading only
 * @param onePath whether it may be published at one path only
 * @param published paths at which it is published, and whether read-only
 */
record VolumeRecord(
        String volumeId,
        long epoch,
        UUID identity,
        Path stagingPath,
        String device,
        Usage usage,
        boolean readOnly,
        boolean onePath,
        Map<Path, Boolean> published) {
    VolumeRecord {
        published = Map.copyOf(published);
    }

    /** The intent to stage, before anything is done. */
    static VolumeRecord of(StageRequest request, Path stagingPath, Map<Path, Boolean> published) {
        return new VolumeRecord(
                request.volumeId(),
                request.context().epoch(),
                request.context().identity(),
                stagingPath,
                "",
                request.usage(),
                request.readOnly(),
                request.onePath(),
                published);
    }

    VolumeRecord withDevice(Path attached) {
        return new VolumeRecord(
                volumeId,
                epoch,
                identity,
                stagingPath,
                attached.toString(),
                usage,
                readOnly,
                onePath,
                published);
    }

    VolumeRecord withPublished(Path path, boolean isReadOnly) {
        var paths = new TreeMap<>(published);
        paths.put(path, isReadOnly);
        return withPublished(paths);
    }

    VolumeRecord withoutPublished(Path path) {
        var paths = new TreeMap<>(published);
        paths.remove(path);
        return withPublished(paths);
    }

    private VolumeRecord withPublished(Map<Path, Boolean> paths) {
        return new VolumeRecord(
                volumeId, epoch, identity, stagingPath, device, usage, readOnly, onePath, paths);
    }
}
