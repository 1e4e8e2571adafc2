package dev.lunaria.controller.volume;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.LunariaVolume;
import java.util.Optional;

/**
 * Where volumes were placed, as it is written down. Used by any thread. Everything may throw {@link
 * Failure}.
 */
public interface Placements {

    /**
     * The placement of the volume of that name: the one that is there, or a new one, durable before
     * this returns. {@code ALREADY_EXISTS}: the one that is there is of another size or other
     * parameters. {@code EXHAUSTED}: no pool has room.
     */
    Document<LunariaVolume> place(VolumeRequest request);

    /**
     * The placement of a volume; empty where it is forgotten.
     *
     * @param name the volume's name where it is known: without it all placements are looked through
     */
    Optional<Document<LunariaVolume>> find(VolumeId id, Optional<String> name);

    /** Writes down that the volume is being deleted, so that nobody makes it again. */
    Document<LunariaVolume> markDeleting(Document<LunariaVolume> placement);

    /** Forgets a placement; its name is free again. */
    void forget(Document<LunariaVolume> placement);

    /** What can be provisioned. */
    Capacity capacity(Parameters parameters, Topology topology);
}
