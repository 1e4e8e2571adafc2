package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;

import dev.lunaria.service.csi.PublishContext;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Volumes on each of which one change is under way at a time; a second is {@code BUSY} at once.
 * Used by any thread; holds a name for every change under way. It spares the targets: what must not
 * happen at once is decided there, as another controller may serve at the same time.
 */
public final class LockedVolumes implements Volumes {

    private final Volumes volumes;
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();

    public LockedVolumes(Volumes volumes) {
        this.volumes = volumes;
    }

    @Override
    public Volume create(VolumeRequest request) {
        return alone("name " + request.name(), () -> volumes.create(request));
    }

    @Override
    public void delete(VolumeId id) {
        alone(
                id.toString(),
                () -> {
                    volumes.delete(id);
                    return true;
                });
    }

    @Override
    public PublishContext publish(PublishRequest request) {
        return alone(request.volume().toString(), () -> volumes.publish(request));
    }

    @Override
    public void unpublish(VolumeId id, Optional<String> node) {
        alone(
                id.toString(),
                () -> {
                    volumes.unpublish(id, node);
                    return true;
                });
    }

    @Override
    public Volume expand(VolumeId id, SizeRange size) {
        return alone(id.toString(), () -> volumes.expand(id, size));
    }

    private <T> T alone(String volume, Supplier<T> change) {
        if (!underWay.add(volume)) {
            throw new Failure(
                    BUSY,
                    "another operation on volume "
                            + volume
                            + " is under way; repeat when it is done");
        }
        try {
            return change.get();
        } finally {
            underWay.remove(volume);
        }
    }

    @Override
    public Volume get(VolumeId id) {
        return volumes.get(id);
    }

    @Override
    public VolumePage list(int max, String token) {
        return volumes.list(max, token);
    }

    @Override
    public Capacity capacity(Parameters parameters, Topology topology) {
        return volumes.capacity(parameters, topology);
    }
}
