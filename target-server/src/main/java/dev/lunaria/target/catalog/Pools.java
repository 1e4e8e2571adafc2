package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.RefusedException.Reason;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/** The pools that this server serves, by UUID. Immutable: they are fixed at the start. */
public final class Pools {

    private final SequencedMap<String, Pool> byId;

    /** All of them; their UUIDs differ. */
    public Pools(List<Pool> pools) {
        TreeMap<String, Pool> sorted = new TreeMap<>();
        pools.forEach(pool -> sorted.put(pool.id(), pool));
        this.byId = Collections.unmodifiableSequencedMap(sorted);
    }

    /** In the order of their UUIDs. */
    public Collection<Pool> all() {
        return byId.values();
    }

    public Optional<Pool> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /**
     * The pool of that UUID.
     *
     * @throws RefusedException NOT_FOUND
     */
    public Pool pool(String id) throws RefusedException {
        return find(id).orElseThrow(() ->
                new RefusedException(
                        Reason.NOT_FOUND,
                        "this server serves no pool '%s', but %s".formatted(id, byId.keySet())));
    }

    /** The LUN behind a target's name, if there is one. */
    public Optional<CatalogLun> behind(String targetName) {
        return TargetName.parse(targetName)
                .flatMap(
                        name -> find(name.pool()).flatMap(pool -> pool.catalog().find(name.lun())));
    }
}
