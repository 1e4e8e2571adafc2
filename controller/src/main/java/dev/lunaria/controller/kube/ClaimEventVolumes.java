package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.ForwardingVolumes;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.Volume;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.service.csi.PublishContext;

/**
 * Volumes whose claims hear why they couldn't be made or published, where somebody has to do
 * something about it. Used by any thread; keeps nothing.
 */
record ClaimEventVolumes(Volumes volumes, ClaimEvents events) implements ForwardingVolumes {

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
}
