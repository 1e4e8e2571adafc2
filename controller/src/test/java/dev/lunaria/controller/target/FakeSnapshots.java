package dev.lunaria.controller.target;

import com.google.protobuf.Timestamp;
import dev.lunaria.proto.target.v1.CreateSnapshotsRequest;
import dev.lunaria.proto.target.v1.CreateSnapshotsResponse;
import dev.lunaria.proto.target.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.target.v1.DeleteSnapshotResponse;
import dev.lunaria.proto.target.v1.GetSnapshotRequest;
import dev.lunaria.proto.target.v1.ListAllocatedRangesRequest;
import dev.lunaria.proto.target.v1.ListChangedRangesRequest;
import dev.lunaria.proto.target.v1.ListRangesResponse;
import dev.lunaria.proto.target.v1.ListSnapshotsRequest;
import dev.lunaria.proto.target.v1.ListSnapshotsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Snapshots, as a target server takes and lists them. The pool's monitor guards it. */
final class FakeSnapshots extends SnapshotsGrpc.SnapshotsImplBase {

    private static final int MOST_AT_ONCE = 64;

    private final FakePool pool;

    FakeSnapshots(FakePool pool) {
        this.pool = pool;
    }

    /** All are checked before the first is made. */
    @Override
    public void createSnapshots(
            CreateSnapshotsRequest request, StreamObserver<CreateSnapshotsResponse> observer) {
        pool.answer(
                observer,
                () -> {
                    if (request.getEntriesCount() == 0
                            || request.getEntriesCount() > MOST_AT_ONCE
                            || request.getEntriesList().stream()
                                    .anyMatch(entry -> !FakePool.isUuid(entry.getSnapshot()))) {
                        throw FakePool.refusal(Status.INVALID_ARGUMENT, "such entries can't be");
                    }
                    var taken = new ArrayList<Snapshot>();
                    for (CreateSnapshotsRequest.Entry entry : request.getEntriesList()) {
                        taken.add(take(entry, request.getGroup()));
                    }
                    for (Snapshot snapshot : taken) {
                        if (pool.snapshots.put(snapshot.getSnapshot(), snapshot) == null) {
                            pool.snapshotsMade++;
                        }
                    }
                    return CreateSnapshotsResponse.newBuilder().addAllSnapshots(taken).build();
                });
    }

    private Snapshot take(CreateSnapshotsRequest.Entry entry, String group) {
        pool.requirePool(entry.getPool());
        Snapshot there = pool.snapshots.get(entry.getSnapshot());
        if (there != null) {
            if (!there.getLun().equals(entry.getLun())
                    || !there.getName().equals(entry.getName())) {
                throw FakePool.refusal(Status.ALREADY_EXISTS, "the snapshot is another");
            }
            return there;
        }
        Lun lun = pool.requireLun(entry.getPool(), entry.getLun());
        if (lun.getContent() != Lun.Content.READY) {
            throw FakePool.refusal(Status.FAILED_PRECONDITION, "the LUN is being copied");
        }
        return Snapshot.newBuilder()
                .setPool(pool.pool)
                .setSnapshot(entry.getSnapshot())
                .setLun(entry.getLun())
                .setName(entry.getName())
                .setSizeBytes(lun.getSizeBytes())
                .setLogicalBlockBytes(lun.getLogicalBlockBytes())
                .setClusterId(pool.clusterId)
                .setTaken(Timestamp.newBuilder().setSeconds(2))
                .setState(pool.slowCopies ? Snapshot.State.COPYING : Snapshot.State.READY)
                .setRemainingBytes(pool.slowCopies ? lun.getSizeBytes() : 0)
                .setFormat(lun.getFormat())
                .setGroup(group)
                .build();
    }

    @Override
    public void getSnapshot(GetSnapshotRequest request, StreamObserver<Snapshot> observer) {
        pool.answer(observer, () -> pool.requireSnapshot(request.getPool(), request.getSnapshot()));
    }

    @Override
    public void listSnapshots(
            ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> observer) {
        pool.answer(
                observer,
                () -> {
                    if (!request.getPool().isEmpty()) {
                        pool.requirePool(request.getPool());
                    }
                    var asked = new TreeMap<>(pool.snapshots);
                    asked.values()
                            .removeIf(snapshot ->
                                    isAnother(request.getLun(), snapshot.getLun())
                                            || isAnother(request.getGroup(), snapshot.getGroup()));
                    var page = FakePool.page(asked, request.getPageToken(), request.getPageSize());
                    return ListSnapshotsResponse.newBuilder()
                            .addAllSnapshots(page.entries())
                            .setNextPageToken(page.next())
                            .build();
                });
    }

    private static boolean isAnother(String asked, String found) {
        return !asked.isEmpty() && !asked.equals(found);
    }

    @Override
    public void listAllocatedRanges(
            ListAllocatedRangesRequest request, StreamObserver<ListRangesResponse> observer) {
        pool.answer(
                observer,
                () ->
                        ranges(
                                ready(request.getPool(), request.getSnapshot()),
                                request.getStartingOffset(),
                                request.getMaxRanges()));
    }

    @Override
    public void listChangedRanges(
            ListChangedRangesRequest request, StreamObserver<ListRangesResponse> observer) {
        pool.answer(
                observer,
                () -> {
                    Snapshot base = ready(request.getPool(), request.getBaseSnapshot());
                    Snapshot later = ready(request.getPool(), request.getSnapshot());
                    if (!base.getLun().equals(later.getLun())) {
                        throw FakePool.refusal(Status.INVALID_ARGUMENT, "of different LUNs");
                    }
                    return ranges(later, request.getStartingOffset(), request.getMaxRanges());
                });
    }

    private Snapshot ready(String asked, String snapshot) {
        Snapshot found = pool.requireSnapshot(asked, snapshot);
        if (found.getState() != Snapshot.State.READY) {
            throw FakePool.refusal(Status.FAILED_PRECONDITION, "it isn't READY");
        }
        return found;
    }

    private ListRangesResponse ranges(Snapshot snapshot, long from, int most) {
        List<ListRangesResponse.Range> rest =
                pool.ranges.getOrDefault(snapshot.getSnapshot(), List.of()).stream()
                        .filter(range -> range.getOffset() + range.getLength() > from)
                        .toList();
        int count = Math.min(rest.size(), most == 0 ? FakePool.SERVERS_CHOICE : most);
        return ListRangesResponse.newBuilder()
                .addAllRanges(rest.subList(0, count))
                .setNextOffset(count < rest.size() ? rest.get(count).getOffset() : 0)
                .setSizeBytes(snapshot.getSizeBytes())
                .build();
    }

    @Override
    public void deleteSnapshot(
            DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> observer) {
        pool.answer(
                observer,
                () -> {
                    pool.requirePool(request.getPool());
                    pool.snapshots.remove(request.getSnapshot());
                    return DeleteSnapshotResponse.getDefaultInstance();
                });
    }
}
