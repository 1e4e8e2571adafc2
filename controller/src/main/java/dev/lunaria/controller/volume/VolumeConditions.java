package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.TIMED_OUT;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * What is wrong with volumes, as their targets have it; of a target that is away, what the registry
 * knows. Used by any thread; keeps nothing.
 */
public final class VolumeConditions {

    private final Registry registry;
    private final RegisteredTargets registered;
    private final Targets targets;
    private final String clusterId;

    public VolumeConditions(
            Registry registry, RegisteredTargets registered, Targets targets, String clusterId) {
        this.registry = registry;
        this.registered = registered;
        this.targets = targets;
        this.clusterId = clusterId;
    }

    /** A volume and everything that is wrong with it; no cause twice. Immutable. */
    public record Found(VolumeId id, List<Condition> conditions) {
        public Found {
            conditions = List.copyOf(conditions);
        }
    }

    /**
     * One thing that is wrong.
     *
     * @param message what, and what to do
     */
    public record Condition(Cause cause, String message) {}

    /** What can be wrong. */
    public enum Cause {
        /** Its target server doesn't answer. */
        TARGET_AWAY("TargetAway"),
        /** What the target keeps of it is damaged; nobody may use it. */
        DAMAGED("Damaged"),
        /** What it was to be copied from could not be read; it holds nothing whole. */
        COPY_FAILED("CopyFailed"),
        /** Nodes hear errors, as what they wrote and didn't flush may be lost. */
        WRITES_LOST("WritesLost"),
        /** Its pool has no room for what is written where nothing was yet. */
        POOL_FULL("PoolFull");

        private final String reason;

        Cause(String reason) {
            this.reason = reason;
        }

        /** One word for programs. */
        public String reason() {
            return reason;
        }
    }

    /** The volume and what is wrong with it, if anything. {@code NOT_FOUND}. */
    public Found of(VolumeId id) {
        StorageTarget target = registered.of(id.pool()).spec();
        if (target.retired()) {
            throw PlacedVolumes.noSuchVolume(id);
        }
        try {
            TargetPool pool = targets.open(target);
            Lun lun = pool.find(id.lun()).orElseThrow(() -> PlacedVolumes.noSuchVolume(id));
            return look(target, lun, pool.space());
        } catch (Failure failure) {
            if (!isAway(failure) || !isPlaced(id)) {
                throw failure;
            }
            return away(id, failure);
        }
    }

    private boolean isPlaced(VolumeId id) {
        return placedOn(id.pool()).contains(id.lun());
    }

    /** Sorted, as targets sort theirs. */
    private List<UUID> placedOn(UUID pool) {
        return registry.list(Kind.LUNARIA_VOLUME).stream()
                .map(Document::spec)
                .filter(volume -> volume.pool().equals(pool) && !volume.deleting())
                .map(LunariaVolume::lun)
                .sorted(Comparator.comparing(UUID::toString))
                .toList();
    }

    private static boolean isAway(Failure failure) {
        return failure.reason() == UNAVAILABLE || failure.reason() == TIMED_OUT;
    }

    /**
     * Volumes of all pools with which something is wrong, in pages. {@code BUSY}: the token is no
     * longer of use, begin anew.
     *
     * @param max at most so many; 0: as many as fit an answer
     * @param startingToken from the page before; empty: the first page
     */
    public Page<Found> page(int max, String startingToken) {
        return PoolPages.read(registered.inService(), max, startingToken, this::page);
    }

    private Page<Found> page(StorageTarget target, int max, String token) {
        try {
            TargetPool pool = targets.open(target);
            PoolSpace space = pool.space();
            Page<Lun> luns = pool.list(max, token);
            return new Page<>(
                    luns.entries().stream()
                            .filter(lun -> lun.clusterId().equals(clusterId))
                            .map(lun -> look(target, lun, space))
                            .filter(found -> !found.conditions().isEmpty())
                            .toList(),
                    luns.nextToken());
        } catch (Failure failure) {
            if (!isAway(failure)) {
                throw failure;
            }
            return pageOfAway(target.pool(), max, token, failure);
        }
    }

    private Page<Found> pageOfAway(UUID pool, int max, String token, Failure failure) {
        List<UUID> rest =
                placedOn(pool).stream().filter(lun -> lun.toString().compareTo(token) > 0).toList();
        List<UUID> luns = rest.subList(0, Math.min(max, rest.size()));
        return new Page<>(
                luns.stream().map(lun -> away(new VolumeId(pool, lun), failure)).toList(),
                luns.size() < rest.size() ? luns.getLast().toString() : "");
    }

    private static Found away(VolumeId id, Failure failure) {
        return new Found(
                id,
                List.of(new Condition(Cause.TARGET_AWAY, String.valueOf(failure.getMessage()))));
    }

    private static Found look(StorageTarget target, Lun lun, PoolSpace space) {
        var conditions = new ArrayList<Condition>();
        Lun.Trouble trouble = lun.trouble();
        if (!trouble.damage().isEmpty()) {
            conditions.add(
                    new Condition(
                            Cause.DAMAGED,
                            "nobody may use it; restore it from a backup (%s)"
                                    .formatted(String.join("; ", trouble.damage()))));
        }
        if (lun.content() == Content.FAILED) {
            conditions.add(
                    new Condition(
                            Cause.COPY_FAILED,
                            "what it was to be copied from could not be read; delete it"));
        }
        if (!trouble.nodesWithLostWrites().isEmpty()) {
            conditions.add(
                    new Condition(
                            Cause.WRITES_LOST,
                            "what %s wrote and didn't flush may be lost; restart the pods there that use it"
                                    .formatted(trouble.nodesWithLostWrites())));
        }
        if (space.freeBytes() == 0) {
            conditions.add(
                    new Condition(
                            Cause.POOL_FULL,
                            "pool %s has no room, so new writes fail; free space"
                                    .formatted(target.pool())));
        }
        return new Found(new VolumeId(target.pool(), lun.id()), conditions);
    }
}
