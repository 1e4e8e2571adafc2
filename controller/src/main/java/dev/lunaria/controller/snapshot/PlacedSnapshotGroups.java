package dev.lunaria.controller.snapshot;

import static dev.lunaria.controller.volume.Failure.Reason.ALREADY_EXISTS;
import static dev.lunaria.controller.volume.Failure.Reason.FAULT;
import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Content;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.TargetSnapshot;
import dev.lunaria.controller.volume.TargetSnapshots;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.registry.StorageTarget;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Groups of snapshots as they are at one target server each, whose pools share an instant. Used by
 * any thread; keeps nothing: as with {@link PlacedSnapshots} all ids follow from the name. Holds at
 * most {@link TargetSnapshots#MAX_AT_ONCE} snapshots a group.
 */
public final class PlacedSnapshotGroups implements SnapshotGroups {

    private final Servers servers;
    private final SnapshotNames names;

    public PlacedSnapshotGroups(Servers servers, String clusterId) {
        this.servers = servers;
        this.names = new SnapshotNames(clusterId);
    }

    @Override
    public SnapshotGroup create(String name, Set<VolumeId> sources) {
        if (sources.size() > TargetSnapshots.MAX_AT_ONCE) {
            throw new Failure(
                    INVALID,
                    "%d volumes are too many for one instant; at most %d are possible"
                            .formatted(sources.size(), TargetSnapshots.MAX_AT_ONCE));
        }
        StorageTarget server = theOneServerOf(sources);
        TargetSnapshots there = servers.snapshots(server);
        UUID group = names.group(name);
        List<TargetSnapshot> known = there.ofGroup(group);
        if (known.isEmpty()) {
            refuseElsewhere(name, group, server);
        }
        List<TargetSnapshot> taken = known.isEmpty() ? take(there, group, sources, name) : known;
        if (!sourcesOf(taken).equals(sources)) {
            throw isAnother(name, taken);
        }
        if (taken.stream().anyMatch(snapshot -> snapshot.content() == Content.FAILED)) {
            // Taken again by itself it would be of another instant than the caller was told.
            throw new Failure(
                    FAULT,
                    "the group named \"%s\" could not be finished and holds nothing whole; delete it (%s) and take another"
                            .formatted(name, group));
        }
        return group(group, taken);
    }

    private StorageTarget theOneServerOf(Set<VolumeId> sources) {
        List<StorageTarget> all =
                servers.onePerServer(
                        sources.stream()
                                .map(source ->
                                        servers.of(source.pool())
                                                .orElseThrow(
                                                        () -> PlacedSnapshots.noSuchVolume(source)))
                                .toList());
        if (all.size() > 1) {
            throw new Failure(
                    IN_USE,
                    "the volumes are on several target servers (%s), which share no instant; take a group of those of one server, or snapshots one by one"
                            .formatted(
                                    all.stream()
                                            .map(StorageTarget::endpoint)
                                            .collect(Collectors.joining(", "))));
        }
        return all.getFirst();
    }

    /** A name is one group, wherever it is. */
    private void refuseElsewhere(String name, UUID group, StorageTarget server) {
        List<TargetSnapshot> found =
                servers.askAll(
                        target -> !target.endpoint().equals(server.endpoint()),
                        target -> servers.snapshots(target).ofGroup(group));
        if (!found.isEmpty()) {
            throw isAnother(name, found);
        }
    }

    private List<TargetSnapshot> take(
            TargetSnapshots there, UUID group, Set<VolumeId> sources, String name) {
        List<TargetSnapshots.Order> orders =
                sources.stream()
                        .sorted(Comparator.comparing(VolumeId::toString))
                        .map(source ->
                                new TargetSnapshots.Order(
                                        new SnapshotId(
                                                source.pool(), names.member(group, source.lun())),
                                        source,
                                        name))
                        .toList();
        return there.take(orders, Optional.of(group));
    }

    private static Set<VolumeId> sourcesOf(List<TargetSnapshot> taken) {
        return taken.stream().map(TargetSnapshot::source).collect(Collectors.toSet());
    }

    private static Failure isAnother(String name, List<TargetSnapshot> taken) {
        return new Failure(
                ALREADY_EXISTS,
                "there is a group named \"%s\" already, of volumes %s; choose another name"
                        .formatted(name, sourcesOf(taken)));
    }

    private SnapshotGroup group(UUID id, List<TargetSnapshot> taken) {
        Map<UUID, StorageTarget> targets =
                servers.inService().stream()
                        .collect(Collectors.toMap(StorageTarget::pool, Function.identity()));
        return new SnapshotGroup(
                id,
                taken.stream()
                        .map(snapshot ->
                                Snapshot.of(target(targets, snapshot.id().pool()), snapshot))
                        .toList());
    }

    private static StorageTarget target(Map<UUID, StorageTarget> targets, UUID pool) {
        StorageTarget target = targets.get(pool);
        if (target == null) {
            throw new Failure(UNAVAILABLE, "no StorageTarget names pool " + pool + "; register it");
        }
        return target;
    }

    @Override
    public void delete(UUID group, Set<SnapshotId> snapshots) {
        Optional<Found> found = find(group, snapshots);
        List<TargetSnapshot> members = found.map(Found::members).orElse(List.of());
        Set<SnapshotId> ids = idsOf(members);
        if (!snapshots.isEmpty() && !snapshots.containsAll(ids)) {
            throw mismatch(group, ids);
        }
        // Those that an earlier attempt has deleted are named all the same.
        for (SnapshotId id : snapshots) {
            if (!ids.contains(id) && isThere(id)) {
                throw mismatch(group, ids);
            }
        }
        found.ifPresent(at -> ids.forEach(at.there()::delete));
    }

    private boolean isThere(SnapshotId id) {
        return servers.of(id.pool())
                .flatMap(target -> servers.snapshots(target).find(id))
                .isPresent();
    }

    @Override
    public SnapshotGroup get(UUID group, Set<SnapshotId> snapshots) {
        List<TargetSnapshot> members =
                find(group, snapshots)
                        .map(Found::members)
                        .filter(all ->
                                all.stream().noneMatch(one -> one.content() == Content.FAILED))
                        .orElseThrow(() ->
                                new Failure(NOT_FOUND, "there is no group of snapshots " + group));
        Set<SnapshotId> ids = idsOf(members);
        if (!snapshots.isEmpty() && !snapshots.equals(ids)) {
            throw mismatch(group, ids);
        }
        return group(group, members);
    }

    /** A group, and where it is. */
    private record Found(TargetSnapshots there, List<TargetSnapshot> members) {}

    /** A server that can't be asked fails it, unless another has the group. */
    private Optional<Found> find(UUID group, Set<SnapshotId> snapshots) {
        List<StorageTarget> candidates =
                snapshots.isEmpty()
                        ? servers.inService()
                        : snapshots.stream()
                                .map(SnapshotId::pool)
                                .distinct()
                                .flatMap(pool -> servers.of(pool).stream())
                                .toList();
        Optional<Failure> failure = Optional.empty();
        for (StorageTarget server : servers.onePerServer(candidates)) {
            TargetSnapshots there = servers.snapshots(server);
            try {
                List<TargetSnapshot> members = there.ofGroup(group);
                if (!members.isEmpty()) {
                    return Optional.of(new Found(there, members));
                }
            } catch (Failure unanswered) {
                failure = Optional.of(unanswered);
            }
        }
        failure.ifPresent(unanswered -> {
            throw unanswered;
        });
        return Optional.empty();
    }

    private static Set<SnapshotId> idsOf(List<TargetSnapshot> members) {
        return members.stream().map(TargetSnapshot::id).collect(Collectors.toSet());
    }

    private static Failure mismatch(UUID group, Set<SnapshotId> ids) {
        return new Failure(
                INVALID,
                "snapshot_ids aren't those of group %s: it holds %s; correct them"
                        .formatted(group, ids));
    }
}
