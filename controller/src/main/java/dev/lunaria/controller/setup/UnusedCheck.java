package dev.lunaria.controller.setup;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Whether an installation may go: nothing is left that only it could use or delete. What can't be
 * looked at counts as left. Of one thread; keeps nothing.
 *
 * @param volumes names of the driver's PersistentVolumes
 * @param registry placements and target servers
 * @param targets the way to those
 */
public record UnusedCheck(Supplier<List<String>> volumes, Registry registry, Targets targets) {

    /** Names that are shown of each kind; of the rest, how many there are. */
    private static final int SHOWN = 10;

    /** Of so many at a time a list is made of. */
    private static final int PAGE = 500;

    /** What is left, a line each; none: it may go. */
    public List<String> findings() {
        var findings = new ArrayList<String>();
        add(findings, "PersistentVolumes", volumes.get());
        add(
                findings,
                "LunariaVolumes",
                registry.list(Kind.LUNARIA_VOLUME).stream()
                        .map(Document<LunariaVolume>::name)
                        .toList());
        registry.list(Kind.STORAGE_TARGET).stream()
                .filter(target -> !target.spec().retired())
                .forEach(target -> look(findings, target));
        return findings;
    }

    private void look(List<String> findings, Document<StorageTarget> target) {
        StorageTarget spec = target.spec();
        UUID pool = spec.pool();
        try {
            add(
                    findings,
                    "LUNs in the pool of StorageTarget " + target.name(),
                    all(token -> targets.open(spec).list(PAGE, token)).stream()
                            .map(lun -> lun.name())
                            .toList());
            add(
                    findings,
                    "snapshots in the pool of StorageTarget " + target.name(),
                    all(token -> targets.snapshots(spec).list(pool, Optional.empty(), PAGE, token))
                            .stream()
                            .map(snapshot -> snapshot.name())
                            .toList());
        } catch (Failure e) {
            findings.add(
                    "StorageTarget %s can't be asked: %s. If its pool is gone for good, set retired: true in it"
                            .formatted(target.name(), e.getMessage()));
        }
    }

    private static <T> List<T> all(Function<String, Page<T>> read) {
        var all = new ArrayList<T>();
        String token = "";
        do {
            Page<T> page = read.apply(token);
            all.addAll(page.entries());
            token = page.nextToken();
        } while (!token.isEmpty());
        return all;
    }

    private static void add(List<String> findings, String kind, List<String> names) {
        if (!names.isEmpty()) {
            List<String> shown = names.stream().sorted().limit(SHOWN).toList();
            String more =
                    names.size() > SHOWN ? " and %d more".formatted(names.size() - SHOWN) : "";
            findings.add(
                    "%d %s: %s%s".formatted(names.size(), kind, String.join(", ", shown), more));
        }
    }
}
