package dev.lunaria.controller.volume;

import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A pool at its target server, as far as volumes need it. Used by any thread. Everything may be
 * repeated, and throws {@link Failure}: {@code UNAVAILABLE} where the server doesn't answer or
 * doesn't serve this pool, {@code TIMED_OUT} where it takes too long; what else, the methods say.
 */
public interface TargetPool {

    PoolSpace space();

    /**
     * Makes the LUN or returns the one of that id. {@code EXHAUSTED}: the pool is full. {@code
     * ALREADY_EXISTS}: the one of that id is another, or grew. {@code NOT_FOUND}: there is no such
     * source. {@code IN_USE}: the source is being formatted or copied, or is damaged.
     */
    Lun create(NewLun wanted);

    /**
     * Makes the LUN at least so large, or returns it as it is where it is that already. {@code
     * NOT_FOUND}. {@code OUT_OF_RANGE}: a size that can't be. {@code EXHAUSTED}: the pool is full.
     */
    Lun expand(UUID lun, long sizeBytes);

    /**
     * Limits how fast the LUN may be used, from the next command on. {@code NOT_FOUND}. {@code
     * INVALID}: limits under which it couldn't be used at all.
     */
    Lun setLimits(UUID lun, Limits limits);

    /** Empty only where the server serves this pool and has no such LUN. */
    Optional<Lun> find(UUID lun);

    /** {@code BUSY} where the token isn't one. */
    Page<Lun> list(int max, String token);

    /** Those LUNs that the node has a grant of. {@code BUSY} where the token isn't one. */
    Page<Lun> listGrantedTo(String node, String token);

    /** How many iSCSI sessions nodes have on its LUNs now, by their names. */
    Map<String, Integer> sessions();

    /** Fine where there is no such LUN. {@code IN_USE}: a grant lives. */
    void delete(UUID lun);

    /**
     * Makes the grant or returns the one that is there. {@code BUSY}: the epoch is another by now.
     * {@code IN_USE}: another node holds an exclusive one, or this one's fence isn't finished.
     * {@code ALREADY_EXISTS}: the node has one of another kind.
     */
    Grant grant(GrantRequest request);

    /** Fences the node, or all; fine where there is nothing to fence. */
    void revoke(UUID lun, Optional<String> node);

    /**
     * Fences the node without the orchestrator's knowing: it is {@link Grant#fenced} until it is
     * revoked or granted again.
     */
    void fence(UUID lun, String node);
}
