package dev.lunaria.controller.placement;

import static dev.lunaria.controller.volume.Failure.Reason.ALREADY_EXISTS;
import static dev.lunaria.controller.volume.Failure.Reason.BUSY;

import dev.lunaria.controller.volume.Capacity;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.PlacedSource;
import dev.lunaria.controller.volume.Placements;
import dev.lunaria.controller.volume.RegisteredTargets;
import dev.lunaria.controller.volume.Topology;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.controller.volume.VolumeSources;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.RegistryException;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Placements kept as LunariaVolumes. Used by any thread and by several controllers at once: the
 * registry creates a name only once, and changes a document only from the version that was read.
 * Keeps nothing.
 */
public final class RegistryPlacements implements Placements {

    private static final Kind<LunariaVolume> VOLUME = Kind.LUNARIA_VOLUME;

    private final Registry registry;
    private final RegisteredTargets registered;
    private final PoolChoice choice;
    private final VolumeSources sources;
    private final Supplier<UUID> newLun;

    /**
     * @param newLun random UUIDs
     */
    public RegistryPlacements(
            Registry registry,
            RegisteredTargets registered,
            PoolChoice choice,
            VolumeSources sources,
            Supplier<UUID> newLun) {
        this.registry = registry;
        this.registered = registered;
        this.choice = choice;
        this.sources = sources;
        this.newLun = newLun;
    }

    @Override
    public Document<LunariaVolume> place(VolumeRequest request) {
        Optional<Document<LunariaVolume>> placed = registry.get(VOLUME, request.name());
        if (placed.isPresent()) {
            return isOnRetiredPool(placed.get())
                    ? registry.replace(VOLUME, placed.get(), choose(request))
                    : requireSame(placed.get(), request);
        }
        LunariaVolume chosen = choose(request);
        try {
            return registry.create(VOLUME, request.name(), chosen);
        } catch (RegistryException e) {
            if (e.reason() != RegistryException.Reason.ALREADY_EXISTS) {
                throw e;
            }
            Document<LunariaVolume> faster =
                    registry.get(VOLUME, request.name())
                            .orElseThrow(() ->
                                    new Failure(BUSY, "the volume was just deleted; repeat", e));
            return requireSame(faster, request);
        }
    }

    private LunariaVolume choose(VolumeRequest request) {
        long size =
                request.source()
                        .map(source -> request.size().chooseForCopyOf(sources.sizeBytes(source)))
                        .orElseGet(request.size()::choose);
        UUID pool = choice.choose(size, request);
        return new LunariaVolume(
                pool,
                newLun.get(),
                size,
                request.parameters().all(),
                request.source().map(PlacedSource::toRegistry).orElse(null),
                false);
    }

    /**
     * Nothing can come of a place on a pool that is gone for good: whoever repeats the request gets
     * another.
     */
    private boolean isOnRetiredPool(Document<LunariaVolume> placed) {
        return registered.all().stream()
                .anyMatch(target ->
                        target.spec().retired()
                                && target.spec().pool().equals(placed.spec().pool()));
    }

    private static Document<LunariaVolume> requireSame(
            Document<LunariaVolume> placed, VolumeRequest request) {
        LunariaVolume volume = placed.spec();
        if (!request.size().admits(volume.sizeBytes())) {
            throw new Failure(
                    ALREADY_EXISTS,
                    "there is a volume named \"%s\" of %d bytes already, which is not the size asked for; choose another name"
                            .formatted(placed.name(), volume.sizeBytes()));
        }
        if (!new Parameters(volume.parameters()).target().equals(request.parameters().target())) {
            throw new Failure(
                    ALREADY_EXISTS,
                    "there is a volume named \"%s\" already, made with other parameters: %s; choose another name"
                            .formatted(placed.name(), volume.parameters()));
        }
        if (!PlacedSource.of(volume).equals(request.source())) {
            throw new Failure(
                    ALREADY_EXISTS,
                    "there is a volume named \"%s\" already, %s; choose another name"
                            .formatted(
                                    placed.name(),
                                    PlacedSource.of(volume)
                                            .map(source -> "a copy of " + source.description())
                                            .orElse("not a copy of anything")));
        }
        return placed;
    }

    @Override
    public Optional<Document<LunariaVolume>> find(VolumeId id, Optional<String> name) {
        return name.flatMap(known -> registry.get(VOLUME, known))
                .filter(placed -> isOf(placed, id))
                .or(() ->
                        name.isPresent()
                                ? Optional.empty()
                                : registry.list(VOLUME).stream()
                                        .filter(placed -> isOf(placed, id))
                                        .findFirst());
    }

    private static boolean isOf(Document<LunariaVolume> placed, VolumeId id) {
        return placed.spec().pool().equals(id.pool()) && placed.spec().lun().equals(id.lun());
    }

    @Override
    public Document<LunariaVolume> markDeleting(Document<LunariaVolume> placement) {
        return placement.spec().deleting()
                ? placement
                : registry.replace(VOLUME, placement, placement.spec().markedDeleting());
    }

    @Override
    public void forget(Document<LunariaVolume> placement) {
        registry.delete(VOLUME, placement);
    }

    @Override
    public Capacity capacity(Parameters parameters, Topology topology) {
        return choice.capacity(parameters, topology);
    }
}
