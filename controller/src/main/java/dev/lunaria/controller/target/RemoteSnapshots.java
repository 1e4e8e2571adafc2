package dev.lunaria.controller.target;

import static dev.lunaria.controller.target.TargetCalls.CHANGE_DEADLINE;
import static dev.lunaria.controller.target.TargetCalls.READ_DEADLINE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.RangePage;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.TargetSnapshot;
import dev.lunaria.controller.volume.TargetSnapshots;
import dev.lunaria.proto.target.v1.CreateSnapshotsRequest;
import dev.lunaria.proto.target.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.target.v1.GetSnapshotRequest;
import dev.lunaria.proto.target.v1.ListAllocatedRangesRequest;
import dev.lunaria.proto.target.v1.ListChangedRangesRequest;
import dev.lunaria.proto.target.v1.ListRangesResponse;
import dev.lunaria.proto.target.v1.ListSnapshotsRequest;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** Snapshots behind the admin API of their target server. Used by any thread. */
final class RemoteSnapshots implements TargetSnapshots {

    /** For taking them: writes are held back, and a large fragmented file is shared. */
    static final Duration TAKE_DEADLINE = Duration.ofSeconds(60);

    /** For ranges: some hundred MiB of two snapshots are compared by one call. */
    static final Duration RANGES_DEADLINE = Duration.ofSeconds(60);

    private final TargetCalls calls;

    RemoteSnapshots(TargetCalls calls) {
        this.calls = calls;
    }

    @Override
    public List<TargetSnapshot> take(List<Order> orders, Optional<UUID> group) {
        var request =
                CreateSnapshotsRequest.newBuilder().setGroup(group.map(UUID::toString).orElse(""));
        for (Order order : orders) {
            request.addEntriesBuilder()
                    .setPool(order.id().pool().toString())
                    .setLun(order.source().lun().toString())
                    .setSnapshot(order.id().snapshot().toString())
                    .setName(order.name());
        }
        try {
            return calls
                    .call(() -> snapshots(TAKE_DEADLINE).createSnapshots(request.build()))
                    .getSnapshotsList()
                    .stream()
                    .map(TargetMessages::snapshot)
                    .toList();
        } catch (Failure failure) {
            if (failure.reason() == Failure.Reason.NOT_FOUND) {
                var _ = calls.servedPool();
            }
            throw failure;
        }
    }

    @Override
    public Optional<TargetSnapshot> find(SnapshotId id) {
        var request =
                GetSnapshotRequest.newBuilder()
                        .setPool(id.pool().toString())
                        .setSnapshot(id.snapshot().toString())
                        .build();
        try {
            return Optional.of(
                    TargetMessages.snapshot(
                            calls.call(() -> snapshots(READ_DEADLINE).getSnapshot(request))));
        } catch (Failure failure) {
            if (failure.reason() != Failure.Reason.NOT_FOUND) {
                throw failure;
            }
            var _ = calls.servedPool();
            return Optional.empty();
        }
    }

    @Override
    public Page<TargetSnapshot> list(UUID pool, Optional<UUID> lun, int max, String token) {
        var request =
                ListSnapshotsRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.map(UUID::toString).orElse(""))
                        .setPageSize(max)
                        .setPageToken(token)
                        .build();
        try {
            return page(request);
        } catch (Failure failure) {
            throw calls.listFailure(failure);
        }
    }

    private Page<TargetSnapshot> page(ListSnapshotsRequest request) {
        var page = calls.call(() -> snapshots(READ_DEADLINE).listSnapshots(request));
        return new Page<>(
                page.getSnapshotsList().stream().map(TargetMessages::snapshot).toList(),
                page.getNextPageToken());
    }

    @Override
    public List<TargetSnapshot> ofGroup(UUID group) {
        var _ = calls.servedPool();
        var request = ListSnapshotsRequest.newBuilder().setGroup(group.toString());
        var all = new ArrayList<TargetSnapshot>();
        do {
            Page<TargetSnapshot> page = page(request.build());
            all.addAll(page.entries());
            request.setPageToken(page.nextToken());
        } while (!request.getPageToken().isEmpty());
        return all;
    }

    @Override
    public RangePage allocated(SnapshotId id, long from, int max) {
        var request =
                ListAllocatedRangesRequest.newBuilder()
                        .setPool(id.pool().toString())
                        .setSnapshot(id.snapshot().toString())
                        .setStartingOffset(from)
                        .setMaxRanges(max)
                        .build();
        return ranges(stub -> stub.listAllocatedRanges(request));
    }

    @Override
    public RangePage changed(SnapshotId base, SnapshotId id, long from, int max) {
        var request =
                ListChangedRangesRequest.newBuilder()
                        .setPool(id.pool().toString())
                        .setBaseSnapshot(base.snapshot().toString())
                        .setSnapshot(id.snapshot().toString())
                        .setStartingOffset(from)
                        .setMaxRanges(max)
                        .build();
        return ranges(stub -> stub.listChangedRanges(request));
    }

    private RangePage ranges(
            Function<SnapshotsGrpc.SnapshotsBlockingStub, ListRangesResponse> call) {
        try {
            return TargetMessages.ranges(calls.call(() -> call.apply(snapshots(RANGES_DEADLINE))));
        } catch (Failure failure) {
            if (failure.reason() == Failure.Reason.NOT_FOUND) {
                var _ = calls.servedPool();
            }
            throw failure;
        }
    }

    @Override
    public void delete(SnapshotId id) {
        var _ = calls.servedPool();
        var request =
                DeleteSnapshotRequest.newBuilder()
                        .setPool(id.pool().toString())
                        .setSnapshot(id.snapshot().toString())
                        .build();
        var _ = calls.call(() -> snapshots(CHANGE_DEADLINE).deleteSnapshot(request));
    }

    private SnapshotsGrpc.SnapshotsBlockingStub snapshots(Duration deadline) {
        return TargetCalls.within(deadline, SnapshotsGrpc.newBlockingStub(calls.channel()));
    }
}
