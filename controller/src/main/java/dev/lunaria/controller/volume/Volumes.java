package dev.lunaria.controller.volume;

import dev.lunaria.service.csi.PublishContext;
import java.util.Optional;

/**
 * All volumes and what can be done with them. Used by any thread. Everything throws {@link
 * Failure}, and {@link dev.lunaria.registry.RegistryException} where the registry fails.
 */
public interface Volumes {

    /**
     * Makes a volume, or returns the one of that name. {@code ALREADY_EXISTS}: the one of that name
     * isn't what is asked for. {@code OUT_OF_RANGE}, {@code EXHAUSTED}: no place for it, and none
     * is written down. Once a place is written down only {@code BUSY}, {@code UNAVAILABLE} and
     * {@code TIMED_OUT}.
     */
    Volume create(VolumeRequest request);

    /** Deletes a volume and what is on it. {@code IN_USE}: it is published. {@code NOT_FOUND}. */
    void delete(VolumeId id);

    /**
     * Lets a node use a volume. {@code NOT_FOUND}: no such volume or node. {@code IN_USE}: another
     * node has it for itself. {@code ALREADY_EXISTS}: this node has it in another way.
     */
    PublishContext publish(PublishRequest request);

    /**
     * Fences a node, or every node: when this returns it can no longer read or write the volume,
     * whatever state it is in. Fine where there is no such volume or node. {@code NOT_FOUND}: its
     * pool is gone for good, so nobody can use it.
     */
    void unpublish(VolumeId id, Optional<String> node);

    /**
     * Makes a volume at least so large, in use or not; never smaller. {@code NOT_FOUND}. {@code
     * OUT_OF_RANGE}: a size that can't be, or it is larger than the limit already. {@code
     * EXHAUSTED}: its pool has no room.
     */
    Volume expand(VolumeId id, SizeRange size);

    /**
     * Changes how fast a volume may be used, in use or not. {@code NOT_FOUND}. {@code INVALID}:
     * limits under which it couldn't be used at all.
     */
    void modify(VolumeId id, LimitChanges changes);

    /** The volume as it is. {@code NOT_FOUND}. */
    Volume get(VolumeId id);

    /**
     * The volumes of all pools, by id, in pages; all of them or a failure. {@code BUSY}: the token
     * is no longer of use, begin anew.
     *
     * @param max at most so many; 0: as many as fit an answer
     * @param token from the page before; empty: the first page
     */
    Page<Volume> list(int max, String token);

    /** What can be provisioned with such parameters, reachable from there. */
    Capacity capacity(Parameters parameters, Topology topology);
}
