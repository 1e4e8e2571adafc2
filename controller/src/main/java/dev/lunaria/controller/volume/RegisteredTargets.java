package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;

/** The storage targets as the registry has them now. Used by any thread; keeps nothing. */
public final class RegisteredTargets {

    private final Registry registry;

    public RegisteredTargets(Registry registry) {
        this.registry = registry;
    }

    /**
     * All, by pool. {@code UNAVAILABLE} where two claim one pool: nobody could say which is right.
     */
    public List<Document<StorageTarget>> all() {
        List<Document<StorageTarget>> targets = registry.list(Kind.STORAGE_TARGET);
        var byPool = new HashMap<UUID, String>();
        for (Document<StorageTarget> target : targets) {
            String other = byPool.putIfAbsent(target.spec().pool(), target.name());
            if (other != null) {
                throw new Failure(
                        UNAVAILABLE,
                        "StorageTargets \"%s\" and \"%s\" both name pool %s; delete the one that is wrong"
                                .formatted(other, target.name(), target.spec().pool()));
            }
        }
        return targets.stream()
                .sorted(Comparator.comparing(target -> target.spec().pool().toString()))
                .toList();
    }

    /** Those whose pools aren't gone for good, by pool. */
    public List<StorageTarget> inService() {
        return all().stream().map(Document::spec).filter(target -> !target.retired()).toList();
    }

    /**
     * The one of that pool. {@code UNAVAILABLE} where none is registered: the pool may well be
     * there.
     */
    public Document<StorageTarget> of(UUID pool) {
        return all().stream()
                .filter(target -> target.spec().pool().equals(pool))
                .findFirst()
                .orElseThrow(() ->
                        new Failure(
                                UNAVAILABLE,
                                "no StorageTarget names pool "
                                        + pool
                                        + "; register it, with retired: true if the pool is gone for good"));
    }
}
