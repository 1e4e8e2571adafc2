package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.ALREADY_EXISTS;
import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;
import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.csi.PublishContext;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Volumes as they are: placements in the registry, LUNs and grants at the targets. Used by any
 * thread; keeps nothing, so that a controller may die at any step and the same call, repeated
 * anywhere, goes on.
 */
public final class PlacedVolumes implements Volumes {

    private final RegisteredTargets registered;
    private final Targets targets;
    private final Placements placements;
    private final Publishing publishing;
    private final VolumeListing listing;

    public PlacedVolumes(
            RegisteredTargets registered,
            Targets targets,
            Placements placements,
            Publishing publishing,
            VolumeListing listing) {
        this.registered = registered;
        this.targets = targets;
        this.placements = placements;
        this.publishing = publishing;
        this.listing = listing;
    }

    @Override
    public Volume create(VolumeRequest request) {
        Document<LunariaVolume> placement = placements.place(request);
        try {
            return make(placement);
        } catch (Failure failure) {
            throw failure.retryable();
        }
    }

    private Volume make(Document<LunariaVolume> placement) {
        LunariaVolume placed = placement.spec();
        if (placed.deleting()) {
            throw new Failure(
                    BUSY,
                    "the volume named \""
                            + placement.name()
                            + "\" is being deleted; repeat when it is gone");
        }
        StorageTarget target = inService(placed.pool());
        TargetPool pool = targets.open(target);
        Lun lun = made(pool, placement);
        if (isPlaced(placement)) {
            return volume(target, lun);
        }
        // It was deleted meanwhile: a LUN of that id again would begin at an epoch of the old one.
        pool.delete(placed.lun());
        throw new Failure(
                BUSY,
                "the volume named \"" + placement.name() + "\" was deleted meanwhile; repeat");
    }

    /** The LUN of the placement: made now, or earlier and maybe grown since. */
    private static Lun made(TargetPool pool, Document<LunariaVolume> placement) {
        LunariaVolume placed = placement.spec();
        try {
            return pool.create(placed.lun(), placement.name(), placed.sizeBytes());
        } catch (Failure failure) {
            if (failure.reason() != ALREADY_EXISTS) {
                throw failure;
            }
            return pool.find(placed.lun())
                    .filter(lun -> lun.name().equals(placement.name()))
                    .filter(lun -> lun.sizeBytes() > placed.sizeBytes())
                    .orElseThrow(() -> failure);
        }
    }

    private boolean isPlaced(Document<LunariaVolume> placement) {
        LunariaVolume placed = placement.spec();
        return placements
                .find(new VolumeId(placed.pool(), placed.lun()), Optional.of(placement.name()))
                .filter(now -> !now.spec().deleting())
                .isPresent();
    }

    @Override
    public Volume expand(VolumeId id, SizeRange size) {
        StorageTarget target = inService(id.pool());
        TargetPool pool = targets.open(target);
        Lun lun = pool.find(id.lun()).orElseThrow(() -> noSuchVolume(id));
        long wanted = size.growFrom(lun.sizeBytes());
        if (wanted == lun.sizeBytes()) {
            return volume(target, lun);
        }
        long more = wanted - lun.sizeBytes();
        if (more > pool.space().available(target.overcommitPercent())) {
            throw new Failure(
                    EXHAUSTED,
                    "pool %s has no room for %d bytes more; free space, or raise overcommitPercent of its StorageTarget"
                            .formatted(id.pool(), more));
        }
        return volume(target, pool.expand(id.lun(), wanted));
    }

    @Override
    public void delete(VolumeId id) {
        StorageTarget target = registered.of(id.pool()).spec();
        if (target.retired()) {
            placements.find(id, Optional.empty()).ifPresent(placements::forget);
            throw retired(id.pool());
        }
        TargetPool pool = targets.open(target);
        Optional<Lun> lun = pool.find(id.lun());
        lun.ifPresent(PlacedVolumes::refuseInUse);
        Optional<Document<LunariaVolume>> placement =
                placements.find(id, lun.map(Lun::name)).map(placements::markDeleting);
        pool.delete(id.lun());
        placement.ifPresent(placements::forget);
        if (lun.isEmpty()) {
            throw noSuchVolume(id);
        }
    }

    private static void refuseInUse(Lun lun) {
        List<String> nodes = lun.publishedNodes();
        if (!nodes.isEmpty()) {
            throw new Failure(
                    IN_USE, "the volume is published to " + nodes + "; unpublish it there first");
        }
    }

    @Override
    public PublishContext publish(PublishRequest request) {
        StorageTarget target = inService(request.volume().pool());
        return publishing.publish(target, targets.open(target), request);
    }

    @Override
    public void unpublish(VolumeId id, Optional<String> node) {
        targets.open(inService(id.pool())).revoke(id.lun(), node);
    }

    @Override
    public Volume get(VolumeId id) {
        StorageTarget target = inService(id.pool());
        return targets.open(target)
                .find(id.lun())
                .map(lun -> volume(target, lun))
                .orElseThrow(() -> noSuchVolume(id));
    }

    @Override
    public VolumePage list(int max, String token) {
        return listing.page(max, token);
    }

    @Override
    public Capacity capacity(Parameters parameters, Topology topology) {
        return placements.capacity(parameters, topology);
    }

    private StorageTarget inService(UUID pool) {
        StorageTarget target = registered.of(pool).spec();
        if (target.retired()) {
            throw retired(pool);
        }
        return target;
    }

    static Volume volume(StorageTarget target, Lun lun) {
        return new Volume(
                new VolumeId(target.pool(), lun.id()),
                lun.sizeBytes(),
                target.topology(),
                lun.publishedNodes());
    }

    static Failure noSuchVolume(VolumeId id) {
        return new Failure(NOT_FOUND, "there is no volume " + id);
    }

    private static Failure retired(UUID pool) {
        return new Failure(
                NOT_FOUND, "pool " + pool + " is retired: its volumes are gone for good");
    }
}
