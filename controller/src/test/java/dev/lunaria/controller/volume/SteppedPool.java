package dev.lunaria.controller.volume;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** A pool and its server of which each call is a step. */
record SteppedPool(MemoryPool pool, Steps steps) implements TargetPool, TargetSnapshots {

    @Override
    public PoolSpace space() {
        return steps.step(pool::space);
    }

    @Override
    public Lun create(NewLun wanted) {
        return steps.step(() -> pool.create(wanted));
    }

    @Override
    public Lun expand(UUID lun, long sizeBytes) {
        return steps.step(() -> pool.expand(lun, sizeBytes));
    }

    @Override
    public Lun setLimits(UUID lun, Limits limits) {
        return steps.step(() -> pool.setLimits(lun, limits));
    }

    @Override
    public Optional<Lun> find(UUID lun) {
        return steps.step(() -> pool.find(lun));
    }

    @Override
    public Page<Lun> list(int max, String token) {
        return steps.step(() -> pool.list(max, token));
    }

    @Override
    public Page<Lun> listGrantedTo(String node, String token) {
        return steps.step(() -> pool.listGrantedTo(node, token));
    }

    @Override
    public Map<String, Integer> sessions() {
        return steps.step(pool::sessions);
    }

    @Override
    public void delete(UUID lun) {
        steps.step(() -> pool.delete(lun));
    }

    @Override
    public Grant grant(GrantRequest request) {
        return steps.step(() -> pool.grant(request));
    }

    @Override
    public void revoke(UUID lun, Optional<String> node) {
        steps.step(() -> pool.revoke(lun, node));
    }

    @Override
    public void fence(UUID lun, String node) {
        steps.step(() -> pool.fence(lun, node));
    }

    @Override
    public RangePage allocated(SnapshotId id, long from, int max) {
        return steps.step(() -> pool.allocated(id, from, max));
    }

    @Override
    public RangePage changed(SnapshotId base, SnapshotId id, long from, int max) {
        return steps.step(() -> pool.changed(base, id, from, max));
    }

    @Override
    public List<TargetSnapshot> take(List<Order> orders, Optional<UUID> group) {
        return steps.step(() -> pool.take(orders, group));
    }

    @Override
    public Optional<TargetSnapshot> find(SnapshotId id) {
        return steps.step(() -> pool.find(id));
    }

    @Override
    public Page<TargetSnapshot> list(UUID asked, Optional<UUID> lun, int max, String token) {
        return steps.step(() -> pool.list(asked, lun, max, token));
    }

    @Override
    public List<TargetSnapshot> ofGroup(UUID group) {
        return steps.step(() -> pool.ofGroup(group));
    }

    @Override
    public void delete(SnapshotId id) {
        steps.step(() -> pool.delete(id));
    }
}
