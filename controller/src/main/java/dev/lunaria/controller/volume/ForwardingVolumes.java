package dev.lunaria.controller.volume;

import dev.lunaria.service.csi.PublishContext;
import java.util.Optional;

/**
 * Volumes around others: what a decorator doesn't change, the others do. No state of its own.
 *
 * <p>For decorators whose own part is a method or two; one that has to decide about every method
 * implements {@link Volumes}, so that a new method doesn't pass it by.
 */
public interface ForwardingVolumes extends Volumes {

    /** Those around which these are. */
    Volumes volumes();

    @Override
    default Volume create(VolumeRequest request) {
        return volumes().create(request);
    }

    @Override
    default void delete(VolumeId id) {
        volumes().delete(id);
    }

    @Override
    default PublishContext publish(PublishRequest request) {
        return volumes().publish(request);
    }

    @Override
    default void unpublish(VolumeId id, Optional<String> node) {
        volumes().unpublish(id, node);
    }

    @Override
    default Volume expand(VolumeId id, SizeRange size) {
        return volumes().expand(id, size);
    }

    @Override
    default void modify(VolumeId id, LimitChanges changes) {
        volumes().modify(id, changes);
    }

    @Override
    default Volume get(VolumeId id) {
        return volumes().get(id);
    }

    @Override
    default Page<Volume> list(int max, String token) {
        return volumes().list(max, token);
    }

    @Override
    default Capacity capacity(Parameters parameters, Topology topology) {
        return volumes().capacity(parameters, topology);
    }
}
