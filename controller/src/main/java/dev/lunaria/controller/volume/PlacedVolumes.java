package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.ALREADY_EXISTS;
import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;
import static dev.lunaria.controller.volume.Failure.Reason.FAULT;
import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.csi.PublishContext;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Volumes as they are: placements in the registry, LUNs and grants at the targets. Used by any
 * thread; keeps nothing, so that a controller may die at any step and the same call, repeated
 * anywhere, goes on.
 */
public final class PlacedVolumes implements Volumes {

    private static final Logger log = LoggerFactory.getLogger(PlacedVolumes.class);

    private final RegisteredTargets registered;
    private final Targets targets;
    private final Placements placements;
    private final VolumeSources sources;
    private final CopyPatience patience;
    private final Publishing publishing;
    private final VolumeListing listing;

    public PlacedVolumes(
            RegisteredTargets registered,
            Targets targets,
            Placements placements,
            VolumeSources sources,
            CopyPatience patience,
            Publishing publishing,
            VolumeListing listing) {
        this.registered = registered;
        this.targets = targets;
        this.placements = placements;
        this.sources = sources;
        this.patience = patience;
        this.publishing = publishing;
        this.listing = listing;
    }

    @Override
    public Volume create(VolumeRequest request) {
        Document<LunariaVolume> placement = placements.place(request);
        StorageTarget target;
        Lun lun;
        try {
            target = inService(placement.spec().pool());
            TargetPool pool = targets.open(target);
            lun = waitForCopy(pool, make(pool, placement, request.limits()));
        } catch (Failure failure) {
            forgetIfSourceIsGone(placement, failure);
            throw failure.retryable();
        }
        if (lun.content() == Content.FAILED) {
            throw givenUp(targets.open(target), placement);
        }
        lun.requireWhole();
        return volume(target, lun);
    }

    private Lun waitForCopy(TargetPool pool, Lun made) {
        Lun lun = made;
        for (int i = 0; i < patience.asks() && lun.content() == Content.COPYING; i++) {
            patience.pause().run();
            lun = pool.find(made.id()).orElse(lun);
        }
        return lun;
    }

    private Lun make(TargetPool pool, Document<LunariaVolume> placement, Limits limits) {
        LunariaVolume placed = placement.spec();
        if (placed.deleting()) {
            throw new Failure(
                    BUSY,
                    "the volume named \""
                            + placement.name()
                            + "\" is being deleted; repeat when it is gone");
        }
        Lun lun = made(pool, placement, limits);
        if (isPlaced(placement)) {
            return lun;
        }
        // It was deleted meanwhile: a LUN of that id again would begin at an epoch of the old one.
        pool.delete(placed.lun());
        throw new Failure(
                BUSY,
                "the volume named \"" + placement.name() + "\" was deleted meanwhile; repeat");
    }

    /** The LUN of the placement: made now, or earlier and maybe grown since. */
    private static Lun made(TargetPool pool, Document<LunariaVolume> placement, Limits limits) {
        LunariaVolume placed = placement.spec();
        try {
            return pool.create(
                    new NewLun(
                            placed.lun(),
                            placement.name(),
                            placed.sizeBytes(),
                            PlacedSource.of(placed),
                            limits));
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

    /**
     * A copy of what is gone will never be made. That is final, and said only once nothing is left
     * of it: else the caller would repeat the request for ever.
     */
    private void forgetIfSourceIsGone(Document<LunariaVolume> placement, Failure failure) {
        Optional<VolumeSource> source =
                PlacedSource.of(placement.spec())
                        .filter(any -> failure.reason() == NOT_FOUND && sources.isGone(any));
        if (source.isPresent()) {
            placements.forget(placement);
            throw VolumeSources.gone(source.get());
        }
    }

    /** No node was ever granted the LUN, so its id may be used again after a death in between. */
    private Failure givenUp(TargetPool pool, Document<LunariaVolume> placement) {
        pool.delete(placement.spec().lun());
        placements.forget(placement);
        return new Failure(
                FAULT,
                "what the volume named \"%s\" was to be copied from could not be read; nothing is left of it, the next request begins anew"
                        .formatted(placement.name()));
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
        lun.requireWhole();
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
    public void modify(VolumeId id, LimitChanges changes) {
        TargetPool pool = targets.open(inService(id.pool()));
        Lun lun = pool.find(id.lun()).orElseThrow(() -> noSuchVolume(id));
        Limits limits = changes.applyTo(lun.limits());
        if (!limits.equals(lun.limits())) {
            var _ = pool.setLimits(id.lun(), limits);
        }
    }

    @Override
    public void delete(VolumeId id) {
        StorageTarget target = registered.of(id.pool()).spec();
        if (target.retired()) {
            placements.find(id, Optional.empty()).ifPresent(placements::forget);
            log.atWarn()
                    .addKeyValue("volume", id)
                    .addKeyValue("endpoint", target.endpoint())
                    .log(
                            "A volume of a retired pool was deleted without its server: if the pool comes back, it is still there");
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
    public Page<Volume> list(int max, String token) {
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
                lun.source(),
                lun.listedNodes());
    }

    static Failure noSuchVolume(VolumeId id) {
        return new Failure(NOT_FOUND, "there is no volume " + id);
    }

    private static Failure retired(UUID pool) {
        return new Failure(
                NOT_FOUND, "pool " + pool + " is retired: its volumes are gone for good");
    }
}
