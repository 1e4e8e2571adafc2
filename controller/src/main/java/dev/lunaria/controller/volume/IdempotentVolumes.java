package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import java.util.Optional;

/**
 * Volumes of which what is gone may be deleted and fenced again: the caller can't know whether its
 * last attempt got through. Used by any thread; no state. That creating and publishing may be
 * repeated is the work of the registry and the target, who alone can decide it.
 */
public record IdempotentVolumes(Volumes volumes) implements ForwardingVolumes {

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
}
