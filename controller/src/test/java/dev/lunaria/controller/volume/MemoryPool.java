package dev.lunaria.controller.volume;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** A pool in memory, as a target server of its own keeps it. Owned by one test. */
public final class MemoryPool implements TargetPool, TargetSnapshots {

    private final UUID pool;
    private final String clusterId;
    private final Map<UUID, Lun> luns = new TreeMap<>();
    private final Map<SnapshotId, TargetSnapshot> snapshots =
            new TreeMap<>(Comparator.comparing(SnapshotId::toString));
    private int made;
    private int taken;
    private Optional<Runnable> beforeNextCreate = Optional.empty();

    public MemoryPool(UUID pool, String clusterId) {
        this.pool = pool;
        this.clusterId = clusterId;
    }

    public Map<UUID, Lun> luns() {
        return luns;
    }

    public Map<SnapshotId, TargetSnapshot> snapshots() {
        return snapshots;
    }

    /** How many LUNs were ever made. */
    public int made() {
        return made;
    }

    /** How many snapshots were ever taken. */
    public int taken() {
        return taken;
    }

    /** What happens while the next LUN is on its way here. */
    void beforeNextCreate(Runnable event) {
        beforeNextCreate = Optional.of(event);
    }

    @Override
    public PoolSpace space() {
        return new PoolSpace(clusterId, 1L << 40, 1L << 40, 0);
    }

    @Override
    public Lun create(NewLun wanted) {
        Optional<Runnable> before = beforeNextCreate;
        beforeNextCreate = Optional.empty();
        before.ifPresent(Runnable::run);
        Optional<Lun> there = find(wanted.lun());
        if (there.isPresent()) {
            if (there.get().sizeBytes() != wanted.sizeBytes()) {
                throw new Failure(Failure.Reason.ALREADY_EXISTS, "it has another size");
            }
            return there.get();
        }
        wanted.source().ifPresent(this::requireSource);
        made++;
        return put(
                new Lun(
                        wanted.lun(),
                        wanted.name(),
                        wanted.sizeBytes(),
                        clusterId,
                        "iqn.2026-11.dev.lunaria:" + wanted.lun(),
                        List.of(),
                        wanted.source(),
                        Content.READY,
                        0,
                        wanted.limits(),
                        Lun.Trouble.NONE,
                        wanted.source().isEmpty()));
    }

    private void requireSource(VolumeSource source) {
        boolean isThere =
                switch (source) {
                    case VolumeSource.OfVolume(VolumeId id) -> luns.containsKey(id.lun());
                    case VolumeSource.OfSnapshot(SnapshotId id) -> snapshots.containsKey(id);
                };
        if (!isThere) {
            throw new Failure(Failure.Reason.NOT_FOUND, "no such source");
        }
    }

    private Lun put(Lun lun) {
        luns.put(lun.id(), lun);
        return lun;
    }

    private Lun put(Lun lun, long sizeBytes, List<Grant> grants, Limits limits) {
        return put(
                new Lun(
                        lun.id(),
                        lun.name(),
                        sizeBytes,
                        clusterId,
                        lun.targetName(),
                        grants,
                        lun.source(),
                        lun.content(),
                        0,
                        limits,
                        lun.trouble(),
                        lun.blank()));
    }

    @Override
    public Lun expand(UUID lun, long sizeBytes) {
        Lun found = find(lun).orElseThrow();
        return put(found, Math.max(found.sizeBytes(), sizeBytes), found.grants(), found.limits());
    }

    @Override
    public Lun setLimits(UUID lun, Limits limits) {
        Lun found = find(lun).orElseThrow();
        return put(found, found.sizeBytes(), found.grants(), limits);
    }

    @Override
    public Optional<Lun> find(UUID lun) {
        return Optional.ofNullable(luns.get(lun));
    }

    @Override
    public Page<Lun> list(int max, String token) {
        return new Page<>(List.copyOf(luns.values()), "");
    }

    @Override
    public Page<Lun> listGrantedTo(String node, String token) {
        return new Page<>(
                luns.values().stream()
                        .filter(lun -> lun.grantOf(node).filter(Grant::holds).isPresent())
                        .toList(),
                "");
    }

    /** Every node that holds a grant is logged in. */
    @Override
    public Map<String, Integer> sessions() {
        var byNode = new TreeMap<String, Integer>();
        luns.values().stream()
                .flatMap(lun -> lun.publishedNodes().stream())
                .forEach(node -> byNode.merge(node, 1, Integer::sum));
        return byNode;
    }

    @Override
    public void delete(UUID lun) {
        luns.remove(lun);
    }

    @Override
    public Grant grant(GrantRequest request) {
        Lun lun = find(request.lun()).orElseThrow();
        Optional<Grant> there = lun.grantOf(request.node()).filter(Grant::holds);
        return there.orElseGet(() -> {
            var grant =
                    new Grant(
                            request.node(),
                            request.epoch(),
                            Grant.State.ACTIVE,
                            request.exclusive(),
                            request.keyId(),
                            false);
            put(lun, lun.sizeBytes(), List.of(grant), lun.limits());
            return grant;
        });
    }

    @Override
    public void revoke(UUID lun, Optional<String> node) {
        find(lun).ifPresent(found -> end(found, false));
    }

    @Override
    public void fence(UUID lun, String node) {
        find(lun).ifPresent(found -> end(found, true));
    }

    private void end(Lun lun, boolean fenced) {
        put(
                lun,
                lun.sizeBytes(),
                lun.grants().stream()
                        .map(grant ->
                                new Grant(
                                        grant.node(),
                                        grant.holds() ? grant.epoch() + 1 : grant.epoch(),
                                        Grant.State.REVOKED,
                                        grant.exclusive(),
                                        grant.keyId(),
                                        fenced && (grant.holds() || grant.fenced())))
                        .toList(),
                lun.limits());
    }

    @Override
    public RangePage allocated(SnapshotId id, long from, int max) {
        return new RangePage(List.of(), 0, find(id).orElseThrow().sizeBytes());
    }

    @Override
    public RangePage changed(SnapshotId base, SnapshotId id, long from, int max) {
        return allocated(id, from, max);
    }

    @Override
    public List<TargetSnapshot> take(List<Order> orders, Optional<UUID> group) {
        var all = new ArrayList<TargetSnapshot>();
        for (Order order : orders) {
            Lun lun =
                    find(order.source().lun())
                            .orElseThrow(() -> new Failure(Failure.Reason.NOT_FOUND, "no LUN"));
            all.add(
                    snapshots.computeIfAbsent(
                            order.id(),
                            id -> {
                                taken++;
                                return new TargetSnapshot(
                                        id,
                                        order.source(),
                                        order.name(),
                                        clusterId,
                                        lun.sizeBytes(),
                                        Instant.ofEpochSecond(taken),
                                        Content.READY,
                                        0,
                                        group);
                            }));
        }
        return all;
    }

    @Override
    public Optional<TargetSnapshot> find(SnapshotId id) {
        return Optional.ofNullable(snapshots.get(id));
    }

    @Override
    public Page<TargetSnapshot> list(UUID asked, Optional<UUID> lun, int max, String token) {
        return new Page<>(asked.equals(pool) ? List.copyOf(snapshots.values()) : List.of(), "");
    }

    @Override
    public List<TargetSnapshot> ofGroup(UUID group) {
        return snapshots.values().stream()
                .filter(snapshot -> snapshot.group().equals(Optional.of(group)))
                .toList();
    }

    @Override
    public void delete(SnapshotId id) {
        snapshots.remove(id);
    }
}
