package dev.lunaria.controller.kube;

import static dev.lunaria.controller.kube.Conditions.READY;

import dev.lunaria.controller.kube.Conditions.Finding;
import dev.lunaria.controller.volume.Content;
import dev.lunaria.controller.volume.Grant;
import dev.lunaria.controller.volume.Lun;
import dev.lunaria.controller.volume.PoolSpace;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.StorageTarget;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What the statuses of a round say, from a survey of all pools and what Kubernetes has of its
 * nodes. No state.
 */
final class Statuses {

    /** The condition of a node that is tainted as out of service. */
    static final String OUT_OF_SERVICE = "OutOfService";

    /** The condition of a pool that holds LUNs which belong to nothing in this cluster. */
    static final String ORPHANS = "Orphans";

    private static final int NAMED = 5;

    private final Survey survey;
    private final Instant now;

    Statuses(Survey survey, InstantSource time) {
        this.survey = survey;
        this.now = time.instant();
    }

    Optional<StorageTargetStatus> target(
            Document<StorageTarget> target,
            Optional<StorageTargetStatus> before,
            long generation,
            List<UUID> orphans,
            String clusterId) {
        // One that came after the survey has to wait for the next.
        return survey.pools().stream()
                .filter(pool -> pool.target().equals(target))
                .findFirst()
                .map(pool -> {
                    var findings = new ArrayList<Finding>();
                    findings.add(ready(pool, clusterId));
                    if (pool.answer() instanceof Survey.Answer.Reached) {
                        findings.add(orphans(orphans));
                    }
                    return status(
                            target.spec(),
                            pool,
                            generation,
                            Conditions.of(
                                    before.map(StorageTargetStatus::conditions).orElse(null),
                                    findings,
                                    generation,
                                    now));
                });
    }

    private static Finding ready(Survey.Pool pool, String clusterId) {
        return switch (pool.answer()) {
            case Survey.Answer.Retired _ ->
                    Finding.no(READY, "Retired", "the pool is gone for good, as spec.retired says");
            case Survey.Answer.Unreached(var failure) ->
                    Finding.no(READY, Reasons.of(failure), failure.getMessage());
            case Survey.Answer.Reached(PoolSpace space, var _, var _) ->
                    space.clusterId().equals(clusterId)
                            ? Finding.yes(READY, "Serving", "the server serves this pool")
                            : Finding.no(
                                    READY,
                                    "OtherCluster",
                                    "the pool was made for cluster \"%s\", this is \"%s\"; correct spec.endpoint and spec.pool"
                                            .formatted(space.clusterId(), clusterId));
        };
    }

    private static Finding orphans(List<UUID> orphans) {
        return orphans.isEmpty()
                ? Finding.no(ORPHANS, "None", "")
                : Finding.yes(
                        ORPHANS,
                        "Found",
                        "%d volumes belong to no PersistentVolume: %s%s; see docs/operations/kubernetes"
                                .formatted(
                                        orphans.size(),
                                        orphans.stream()
                                                .limit(NAMED)
                                                .map(UUID::toString)
                                                .collect(Collectors.joining(", ")),
                                        orphans.size() > NAMED ? " and others" : ""));
    }

    private static StorageTargetStatus status(
            StorageTarget target, Survey.Pool pool, long generation, List<Condition> conditions) {
        Optional<PoolSpace> space =
                pool.answer() instanceof Survey.Answer.Reached reached
                        ? Optional.of(reached.space())
                        : Optional.empty();
        Function<Function<PoolSpace, Long>, Optional<String>> size =
                bytes -> space.map(bytes).map(Quantities::rounded);
        return new StorageTargetStatus(
                generation,
                conditions,
                size.apply(PoolSpace::totalBytes).orElse(null),
                size.apply(PoolSpace::freeBytes).orElse(null),
                size.apply(PoolSpace::provisionedBytes).orElse(null),
                size.apply(found -> found.available(target.overcommitPercent())).orElse(null));
    }

    Optional<LunariaVolumeStatus> volume(
            Document<LunariaVolume> volume, Optional<LunariaVolumeStatus> before, long generation) {
        return survey.pool(volume.spec().pool())
                .flatMap(pool ->
                        switch (pool.answer()) {
                            // What can't be asked now is as it was.
                            case Survey.Answer.Unreached _ -> Optional.empty();
                            case Survey.Answer.Retired _ ->
                                    Optional.of(
                                            status(
                                                    volume,
                                                    Optional.empty(),
                                                    LunariaVolumeStatus.Phase.RETIRED,
                                                    before,
                                                    generation));
                            case Survey.Answer.Reached reached -> {
                                Optional<Lun> lun =
                                        reached.luns().stream()
                                                .filter(found ->
                                                        found.id().equals(volume.spec().lun()))
                                                .findFirst();
                                yield Optional.of(
                                        status(
                                                volume,
                                                lun,
                                                phase(volume.spec(), lun),
                                                before,
                                                generation));
                            }
                        });
    }

    private static LunariaVolumeStatus.Phase phase(LunariaVolume volume, Optional<Lun> lun) {
        if (volume.deleting()) {
            return LunariaVolumeStatus.Phase.DELETING;
        }
        return lun.map(Lun::content)
                .map(content ->
                        switch (content) {
                            case READY -> LunariaVolumeStatus.Phase.READY;
                            case COPYING -> LunariaVolumeStatus.Phase.COPYING;
                            case FAILED -> LunariaVolumeStatus.Phase.FAILED;
                        })
                .orElse(LunariaVolumeStatus.Phase.PENDING);
    }

    private LunariaVolumeStatus status(
            Document<LunariaVolume> volume,
            Optional<Lun> lun,
            LunariaVolumeStatus.Phase phase,
            Optional<LunariaVolumeStatus> before,
            long generation) {
        boolean ready = phase == LunariaVolumeStatus.Phase.READY;
        List<Finding> findings =
                List.of(
                        ready
                                ? Finding.yes(READY, "Whole", "")
                                : Finding.no(READY, reason(phase), message(phase, lun)));
        return new LunariaVolumeStatus(
                generation,
                phase,
                Conditions.of(
                        before.map(LunariaVolumeStatus::conditions).orElse(null),
                        findings,
                        generation,
                        now),
                volume.spec().pool() + "/" + volume.spec().lun(),
                lun.map(found -> Quantities.exact(found.sizeBytes())).orElse(null),
                lun.map(Lun::publishedNodes).orElse(List.of()),
                lun.map(Statuses::fencedNodes).orElse(List.of()));
    }

    private static List<String> fencedNodes(Lun lun) {
        return lun.grants().stream().filter(Grant::fenced).map(Grant::node).sorted().toList();
    }

    private static String reason(LunariaVolumeStatus.Phase phase) {
        return switch (phase) {
            case PENDING -> "NotMade";
            case COPYING -> "Copying";
            case READY -> "Whole";
            case FAILED -> "CopyFailed";
            case DELETING -> "Deleting";
            case RETIRED -> "PoolRetired";
        };
    }

    private static String message(LunariaVolumeStatus.Phase phase, Optional<Lun> lun) {
        return switch (phase) {
            case PENDING -> "its place is chosen, its LUN isn't made yet";
            case COPYING ->
                    lun.filter(found -> found.content() == Content.COPYING)
                            .map(found -> "it is being filled from its source")
                            .orElse("");
            case READY -> "";
            case FAILED -> "what it was to be copied from could not be read; delete the claim";
            case DELETING -> "it is being deleted";
            case RETIRED ->
                    "its pool is gone for good; delete the claim, and restore from a backup";
        };
    }

    /**
     * @param seen the node as Kubernetes has it; empty where it has none
     * @param pluginRegistered whether its kubelet knows the node plugin
     */
    Optional<LunariaNodeStatus> node(
            Document<LunariaNode> node,
            Optional<LunariaNodeStatus> before,
            long generation,
            Optional<ClusterNodes.Seen> seen,
            boolean pluginRegistered) {
        long volumes =
                survey.pools().stream()
                        .flatMap(pool -> pool.luns().stream())
                        .filter(lun -> lun.grantOf(node.name()).filter(Grant::holds).isPresent())
                        .count();
        boolean outOfService = seen.map(ClusterNodes.Seen::outOfService).orElse(false);
        // What some pools didn't answer is as it was.
        Optional<LunariaNodeStatus> counted = survey.isComplete() ? Optional.empty() : before;
        return Optional.of(
                new LunariaNodeStatus(
                        generation,
                        Conditions.of(
                                before.map(LunariaNodeStatus::conditions).orElse(null),
                                List.of(
                                        ready(seen, pluginRegistered),
                                        outOfService(outOfService, volumes)),
                                generation,
                                now),
                        counted.map(LunariaNodeStatus::volumes).orElse((int) volumes),
                        counted.map(LunariaNodeStatus::sessions)
                                .orElse(survey.sessions(node.name())),
                        node.spec().backend().isEmpty() ? null : node.spec().backend()));
    }

    private static Finding ready(Optional<ClusterNodes.Seen> seen, boolean pluginRegistered) {
        if (seen.isEmpty()) {
            return Finding.no(READY, "NoSuchNode", "Kubernetes has no node of this name");
        }
        if (!pluginRegistered) {
            return Finding.no(
                    READY,
                    "NoPlugin",
                    "its kubelet doesn't know the node plugin; look at the plugin's pod there");
        }
        return seen.get().ready()
                ? Finding.yes(READY, "Ready", "")
                : Finding.no(READY, "NodeNotReady", "Kubernetes says that the node isn't ready");
    }

    private Finding outOfService(boolean outOfService, long volumes) {
        if (!outOfService) {
            return Finding.no(OUT_OF_SERVICE, "InService", "");
        }
        if (volumes == 0 && survey.isComplete()) {
            return Finding.yes(
                    OUT_OF_SERVICE,
                    "Fenced",
                    "fenced at every target; when it has been restarted, remove the taint "
                            + ClusterNodes.TAINT);
        }
        List<String> unreached =
                survey.pools().stream()
                        .filter(pool -> pool.answer() instanceof Survey.Answer.Unreached)
                        .map(pool -> pool.target().name())
                        .toList();
        return Finding.yes(
                OUT_OF_SERVICE,
                "Fencing",
                "not fenced yet: it holds %d volumes%s"
                        .formatted(
                                volumes,
                                unreached.isEmpty()
                                        ? ""
                                        : "; no answer from StorageTargets " + unreached));
    }
}
