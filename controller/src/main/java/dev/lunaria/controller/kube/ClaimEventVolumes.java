package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Capacity;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.LimitChanges;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.SizeRange;
import dev.lunaria.controller.volume.Topology;
import dev.lunaria.controller.volume.Volume;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.service.csi.PublishContext;
import java.util.Optional;

/**
 * Volumes whose claims hear why they couldn't be made or published, where somebody has to do
 * something about it. Used by any thread; keeps nothing.
 */
final class ClaimEventVolumes implements Volumes {

    private final Volumes volumes;
    private final ClaimEvents events;

    ClaimEventVolumes(Volumes volumes, ClaimEvents events) {
        this.volumes = volumes;
        this.events = events;
    }

    @Override
    public Volume create(VolumeRequest request) {
        try {
            return volumes.create(request);
        } catch (Failure failure) {
            events.notCreated(request, failure);
            throw failure;
        }
    }

    @Override
    public PublishContext publish(PublishRequest request) {
        try {
            return volumes.publish(request);
        } catch (Failure failure) {
            events.notPublished(request, failure);
            throw failure;
        }
    }

    @Override
    public void delete(VolumeId id) {
        volumes.delete(id);
    }

    @Override
    public void unpublish(VolumeId id, Optional<String> node) {
        volumes.unpublish(id, node);
    }

    @Override
    public Volume expand(VolumeId id, SizeRange size) {
        return volumes.expand(id, size);
    }

    @Override
    public void modify(VolumeId id, LimitChanges changes) {
        volumes.modify(id, changes);
    }

    @Override
    public Volume get(VolumeId id) {
        return volumes.get(id);
    }

    @Override
    public Page<Volume> list(int max, String token) {
        return volumes.list(max, token);
    }

    @Override
    public Capacity capacity(Parameters parameters, Topology topology) {
        return volumes.capacity(parameters, topology);
    }
}
