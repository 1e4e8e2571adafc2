package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.CatalogSnapshots.Uncommitted;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All or none of the snapshots of one call, over a crash and over several pools. Main thread, once
 * at the start.
 */
public final class SnapshotSets {

    private SnapshotSets() {}

    /** One that was found, in its pool. */
    private record Found(Catalog catalog, Uncommitted uncommitted) {}

    /**
     * Decides about the sets that a crash left behind. The call began to commit one only when all
     * of it were durable: so where all are there, or one is committed, the others are too;
     * otherwise the call has not returned, and none is kept.
     */
    public static void settle(Collection<Catalog> catalogs) throws IOException {
        Map<List<String>, Map<String, Found>> sets = new HashMap<>();
        Set<String> committed = new HashSet<>();
        for (Catalog catalog : catalogs) {
            catalog.snapshots().all().forEach(known -> committed.add(known.facts().id()));
            for (Uncommitted one : catalog.snapshots().takeUncommitted()) {
                sets.computeIfAbsent(one.set(), _ -> new HashMap<>())
                        .put(one.snapshot().facts().id(), new Found(catalog, one));
            }
        }
        for (Map.Entry<List<String>, Map<String, Found>> set : sets.entrySet()) {
            boolean all = set.getValue().keySet().containsAll(set.getKey());
            boolean began = set.getKey().stream().anyMatch(committed::contains);
            for (Map.Entry<String, Found> one : set.getValue().entrySet()) {
                CatalogSnapshots snapshots = one.getValue().catalog().snapshots();
                if (all || began) {
                    snapshots.commit(one.getValue().uncommitted().snapshot(), set.getKey());
                } else {
                    snapshots.giveUp(one.getKey());
                }
            }
        }
    }
}
