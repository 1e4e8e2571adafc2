package dev.lunaria.controller.volume;

import dev.lunaria.service.csi.PublishContext;
import java.util.Optional;

/**
 * Volumes on each of which one change is under way at a time; a second is {@code BUSY} at once.
 * Used by any thread.
 */
public final class LockedVolumes implements ForwardingVolumes {

    private final Volumes volumes;
    private final UnderWay underWay = new UnderWay();

    public LockedVolumes(Volumes volumes) {
        this.volumes = volumes;
    }

    @Override
    public Volumes volumes() {
        return volumes;
    }

    @Override
    public Volume create(VolumeRequest request) {
        return underWay.alone("volume name " + request.name(), () -> volumes.create(request));
    }

    @Override
    public void delete(VolumeId id) {
        underWay.alone("volume " + id, () -> volumes.delete(id));
    }

    @Override
    public PublishContext publish(PublishRequest request) {
        return underWay.alone("volume " + request.volume(), () -> volumes.publish(request));
    }

    @Override
    public void unpublish(VolumeId id, Optional<String> node) {
        underWay.alone("volume " + id, () -> volumes.unpublish(id, node));
    }

    @Override
    public Volume expand(VolumeId id, SizeRange size) {
        return underWay.alone("volume " + id, () -> volumes.expand(id, size));
    }

    @Override
    public void modify(VolumeId id, LimitChanges changes) {
        underWay.alone("volume " + id, () -> volumes.modify(id, changes));
    }
}
