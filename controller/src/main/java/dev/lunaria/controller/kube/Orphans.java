package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Lun;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.LunariaVolume;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * LUNs that belong to no PersistentVolume. Owned by one thread. They are reported; one is deleted
 * only where it provably never held anything: never granted to any node, never written, no claim of
 * its uid and no PersistentVolume of its id, all read anew, for as long as its patience lasts. A
 * place that was written down for a LUN that was never made goes by the same rule, unreported: it
 * holds nothing, and while its claim is there it is no orphan.
 *
 * <p>What was retained, or belongs to a cluster that is being restored, looks like an orphan too:
 * therefore the rest is left to people. Remembers one time for each orphan.
 */
final class Orphans {

    /** Deleted in one round at most; the rest in the next ones. */
    static final int MAX_DELETED = 20;

    private static final Logger log = LoggerFactory.getLogger(Orphans.class);

    /** What the provisioner names volumes: --volume-name-prefix, then the claim's uid. */
    private static final Pattern PROVISIONED =
            Pattern.compile(".*-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})");

    private final PersistentVolumes persistentVolumes;
    private final Volumes volumes;
    private final InstantSource time;
    private final Duration patience;
    private final Map<VolumeId, Instant> firstSeen = new HashMap<>();

    /**
     * None seen yet.
     *
     * @param patience so long a LUN must have been seen as an orphan: a provisioner may be
     *     repeating its call
     */
    Orphans(
            PersistentVolumes persistentVolumes,
            Volumes volumes,
            InstantSource time,
            Duration patience) {
        this.persistentVolumes = persistentVolumes;
        this.volumes = volumes;
        this.time = time;
        this.patience = patience;
    }

    /**
     * What has no PersistentVolume.
     *
     * @param unused whether it never held anything
     * @param made whether there is a LUN, and not only a place for it
     */
    private record Orphan(String name, boolean unused, boolean made) {}

    /**
     * The orphans among the LUNs of a survey, by pool; those that never held anything are deleted,
     * and so are places of LUNs that weren't made.
     *
     * @param placements all, read before the survey was taken: a LUN that is being made is in it
     */
    Map<UUID, List<UUID>> round(Survey survey, List<Document<LunariaVolume>> placements) {
        Set<String> handles = persistentVolumes.handles();
        var orphans = new HashMap<VolumeId, Orphan>();
        for (Document<LunariaVolume> placement : placements) {
            UUID pool = placement.spec().pool();
            if (survey.pool(pool).map(Survey.Pool::answer).orElse(null)
                    instanceof Survey.Answer.Reached) {
                orphans.put(
                        new VolumeId(pool, placement.spec().lun()),
                        new Orphan(placement.name(), true, false));
            }
        }
        for (Survey.Pool pool : survey.pools()) {
            for (Lun lun : pool.luns()) {
                orphans.put(
                        new VolumeId(pool.id(), lun.id()),
                        new Orphan(lun.name(), isUnused(lun), true));
            }
        }
        orphans.keySet().removeIf(id -> handles.contains(id.toString()));
        remember(orphans.keySet(), survey);
        Set<VolumeId> deleted = deleteUnused(orphans);
        var left = new HashMap<UUID, List<UUID>>();
        orphans.entrySet().stream()
                .filter(orphan -> orphan.getValue().made())
                .map(Map.Entry::getKey)
                .filter(id -> !deleted.contains(id) && isOld(id))
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .forEach(id ->
                        left.merge(
                                id.pool(),
                                List.of(id.lun()),
                                (a, b) -> Stream.concat(a.stream(), b.stream()).toList()));
        return left;
    }

    /** What a pool that didn't answer holds is still what it was. */
    private void remember(Set<VolumeId> orphans, Survey survey) {
        firstSeen
                .keySet()
                .removeIf(id ->
                        !orphans.contains(id)
                                && survey.pool(id.pool())
                                        .filter(pool ->
                                                pool.answer() instanceof Survey.Answer.Unreached)
                                        .isEmpty());
        orphans.forEach(id -> firstSeen.putIfAbsent(id, time.instant()));
    }

    private boolean isOld(VolumeId id) {
        Instant first = firstSeen.get(id);
        return first != null && !time.instant().isBefore(first.plus(patience));
    }

    private Set<VolumeId> deleteUnused(Map<VolumeId, Orphan> orphans) {
        List<Map.Entry<VolumeId, Orphan>> unused =
                orphans.entrySet().stream()
                        .filter(orphan -> isOld(orphan.getKey()) && orphan.getValue().unused())
                        .limit(MAX_DELETED)
                        .toList();
        var deleted = new HashSet<VolumeId>();
        if (unused.isEmpty()) {
            return deleted;
        }
        // Read again, after the LUNs: a claim that came meanwhile is seen.
        Set<String> claims = persistentVolumes.claimUids();
        Set<String> handles = persistentVolumes.handles();
        for (Map.Entry<VolumeId, Orphan> orphan : unused) {
            VolumeId id = orphan.getKey();
            Optional<String> claim = claimUid(orphan.getValue().name());
            if (claim.isPresent()
                    && !claims.contains(claim.get())
                    && !handles.contains(id.toString())
                    && delete(id, orphan.getValue())) {
                deleted.add(id);
            }
        }
        return deleted;
    }

    private static boolean isUnused(Lun lun) {
        return lun.blank() && lun.grants().isEmpty() && lun.source().isEmpty();
    }

    /** Empty where no provisioner named it so: then nobody can prove that it isn't wanted. */
    private static Optional<String> claimUid(String volume) {
        Matcher name = PROVISIONED.matcher(volume);
        return name.matches() ? Optional.of(name.group(1)) : Optional.empty();
    }

    private boolean delete(VolumeId id, Orphan orphan) {
        try {
            volumes.delete(id);
            log.atInfo()
                    .addKeyValue("volume", id)
                    .addKeyValue("name", orphan.name())
                    .log(
                            "An orphan that never held anything was deleted: its claim is gone, no node ever used it");
            return true;
        } catch (Failure failure) {
            log.atWarn()
                    .addKeyValue("volume", id)
                    .addKeyValue("error", failure.getMessage())
                    .log("An orphan that never held anything can't be deleted; trying again");
            return false;
        }
    }
}
