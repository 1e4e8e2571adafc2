package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import dev.lunaria.service.csi.PublishContext;
import java.util.Optional;

/**
 * Volumes of which what is gone may be deleted and fenced again: the caller can't know whether its
 * last attempt got through. Used by any thread; no state. That creating and publishing may be
 * repeated is the work of the registry and the target, who alone can decide it.
 */
public final class IdempotentVolumes implements Volumes {

    private final Volumes volumes;

    public IdempotentVolumes(Volumes volumes) {
        this.volumes = volumes;
    }

    @Override
    public void delete(VolumeId id) {
        fineWhereGone(() -> volumes.delete(id));
    }

    @Override
    public void unpublish(VolumeId id, Optional<String> node) {
        fineWhereGone(() -> volumes.unpublish(id, node));
    }

    private static void fineWhereGone(Runnable operation) {
        try {
            operation.run();
        } catch (Failure failure) {
            if (failure.reason() != NOT_FOUND) {
                throw failure;
            }
        }
    }

    @Override
    public Volume create(VolumeRequest request) {
        return volumes.create(request);
    }

    @Override
    public PublishContext publish(PublishRequest request) {
        return volumes.publish(request);
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
