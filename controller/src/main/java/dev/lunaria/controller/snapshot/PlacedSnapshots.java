package dev.lunaria.controller.snapshot;

import static dev.lunaria.controller.volume.Failure.Reason.ALREADY_EXISTS;
import static dev.lunaria.controller.volume.Failure.Reason.FAULT;
import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;

import dev.lunaria.controller.volume.Content;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.PoolPages;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.TargetSnapshot;
import dev.lunaria.controller.volume.TargetSnapshots;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.registry.StorageTarget;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Snapshots as they are at the targets, each in its volume's pool. Used by any thread; keeps
 * nothing, and writes nothing down: the id follows from the name, so that a controller may die at
 * any step and the same call, repeated anywhere, goes on.
 */
public final class PlacedSnapshots implements Snapshots {

    private final Servers servers;
    private final SnapshotNames names;
    private final String clusterId;

    public PlacedSnapshots(Servers servers, String clusterId) {
        this.servers = servers;
        this.names = new SnapshotNames(clusterId);
        this.clusterId = clusterId;
    }

    @Override
    public Snapshot create(String name, VolumeId source) {
        StorageTarget target = servers.of(source.pool()).orElseThrow(() -> noSuchVolume(source));
        TargetSnapshots there = servers.snapshots(target);
        UUID snapshot = names.snapshot(name);
        var id = new SnapshotId(source.pool(), snapshot);
        Optional<TargetSnapshot> known = there.find(id);
        if (known.isEmpty()) {
            refuseElsewhere(name, id);
        }
        TargetSnapshot taken = known.orElseGet(() -> take(there, id, source, name));
        if (!taken.source().equals(source)) {
            throw isAnother(name, taken);
        }
        if (taken.content() == Content.FAILED) {
            // Taken again by itself it would be of another instant than the caller was told.
            throw new Failure(
                    FAULT,
                    "the snapshot named \"%s\" could not be finished and holds nothing whole; delete it (%s) and take another"
                            .formatted(name, id));
        }
        return Snapshot.of(target, taken);
    }

    private static TargetSnapshot take(
            TargetSnapshots there, SnapshotId id, VolumeId source, String name) {
        try {
            return there.take(
                            List.of(new TargetSnapshots.Order(id, source, name)), Optional.empty())
                    .getFirst();
        } catch (Failure failure) {
            throw failure.reason() == NOT_FOUND ? noSuchVolume(source) : failure;
        }
    }

    /** A name is one snapshot, wherever it is. */
    private void refuseElsewhere(String name, SnapshotId id) {
        List<TargetSnapshot> found =
                servers.askAll(
                        target -> !target.pool().equals(id.pool()),
                        target ->
                                servers
                                        .snapshots(target)
                                        .find(new SnapshotId(target.pool(), id.snapshot()))
                                        .stream()
                                        .toList());
        if (!found.isEmpty()) {
            throw isAnother(name, found.getFirst());
        }
    }

    private static Failure isAnother(String name, TargetSnapshot taken) {
        return new Failure(
                ALREADY_EXISTS,
                "there is a snapshot named \"%s\" already, of volume %s; choose another name"
                        .formatted(name, taken.source()));
    }

    static Failure noSuchVolume(VolumeId id) {
        return new Failure(NOT_FOUND, "there is no volume " + id + " to take a snapshot of");
    }

    @Override
    public void delete(SnapshotId id) {
        Optional<StorageTarget> target = servers.of(id.pool());
        if (target.isEmpty()) {
            return;
        }
        TargetSnapshots there = servers.snapshots(target.get());
        there.find(id)
                .flatMap(TargetSnapshot::group)
                .ifPresent(group -> {
                    throw new Failure(
                            INVALID,
                            "snapshot %s belongs to group %s and goes with it; delete the group"
                                    .formatted(id, group));
                });
        there.delete(id);
    }

    @Override
    public Snapshot get(SnapshotId id) {
        return find(id).orElseThrow(() -> new Failure(NOT_FOUND, "there is no snapshot " + id));
    }

    private Optional<Snapshot> find(SnapshotId id) {
        return servers.of(id.pool())
                .flatMap(target ->
                        servers.snapshots(target)
                                .find(id)
                                .filter(this::isShown)
                                .map(snapshot -> Snapshot.of(target, snapshot)));
    }

    /** One that could not be finished holds nothing: it is deleted by its id, but not shown. */
    private boolean isShown(TargetSnapshot snapshot) {
        return snapshot.clusterId().equals(clusterId) && snapshot.content() != Content.FAILED;
    }

    @Override
    public Page<Snapshot> list(SnapshotQuery query, int max, String token) {
        if (query.id().isPresent()) {
            List<Snapshot> one =
                    find(query.id().get()).stream()
                            .filter(found ->
                                    query.source().map(found.source()::equals).orElse(true))
                            .toList();
            return new Page<>(one, "");
        }
        List<StorageTarget> pools =
                query.source()
                        .map(source -> servers.of(source.pool()).stream().toList())
                        .orElseGet(servers::inService);
        return PoolPages.read(
                pools,
                max,
                token,
                (target, size, from) -> {
                    Page<TargetSnapshot> page =
                            servers.snapshots(target)
                                    .list(
                                            target.pool(),
                                            query.source().map(VolumeId::lun),
                                            size,
                                            from);
                    return new Page<>(
                            page.entries().stream()
                                    .filter(this::isShown)
                                    .map(snapshot -> Snapshot.of(target, snapshot))
                                    .toList(),
                            page.nextToken());
                });
    }
}
