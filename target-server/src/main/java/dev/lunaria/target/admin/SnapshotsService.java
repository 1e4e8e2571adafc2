package dev.lunaria.target.admin;

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
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import dev.lunaria.target.catalog.CatalogSnapshot;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.SnapshotFacts;
import dev.lunaria.target.snapshot.BackgroundCopies;
import dev.lunaria.target.snapshot.SnapshotRanges;
import dev.lunaria.target.snapshot.SnapshotRanges.Page;
import dev.lunaria.target.snapshot.Snapshots;
import dev.lunaria.target.snapshot.Snapshots.Entry;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Takes, finds, lists and deletes snapshots, and says what is in them. Any thread that may block.
 */
public final class SnapshotsService extends SnapshotsGrpc.SnapshotsImplBase {

    /** Snapshots on one page, at most and if nothing is said. */
    static final int MAX_PAGE = 500;

    private final Pools pools;
    private final Snapshots snapshots;
    private final BackgroundCopies background;

    public SnapshotsService(Pools pools, Snapshots snapshots, BackgroundCopies background) {
        this.pools = pools;
        this.snapshots = snapshots;
        this.background = background;
    }

    @Override
    public void createSnapshots(
            CreateSnapshotsRequest request, StreamObserver<CreateSnapshotsResponse> observer) {
        Answers.send(observer, () -> create(request));
    }

    private CreateSnapshotsResponse create(CreateSnapshotsRequest request)
            throws RefusedException, IOException {
        List<Entry> entries = new ArrayList<>();
        for (CreateSnapshotsRequest.Entry entry : request.getEntriesList()) {
            entries.add(
                    new Entry(
                            entry.getPool(), entry.getLun(), entry.getSnapshot(), entry.getName()));
        }
        List<CatalogSnapshot> taken = snapshots.create(entries, request.getGroup());
        CreateSnapshotsResponse.Builder answer = CreateSnapshotsResponse.newBuilder();
        for (int i = 0; i < taken.size(); i++) {
            answer.addSnapshots(message(pools.pool(entries.get(i).pool()), taken.get(i)));
        }
        return answer.build();
    }

    @Override
    public void getSnapshot(GetSnapshotRequest request, StreamObserver<Snapshot> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    return message(pool, pool.snapshot(request.getSnapshot()));
                });
    }

    @Override
    public void listSnapshots(
            ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> observer) {
        Answers.send(observer, () -> list(request));
    }

    /** One page; by pool, and in it by id, so that what comes and goes meanwhile moves nothing. */
    private ListSnapshotsResponse list(ListSnapshotsRequest request)
            throws RefusedException, IOException {
        int most =
                request.getPageSize() > 0 && request.getPageSize() <= MAX_PAGE
                        ? request.getPageSize()
                        : MAX_PAGE;
        PageToken from = PageToken.parse(request.getPageToken());
        Collection<Pool> chosen =
                request.getPool().isEmpty() ? pools.all() : List.of(pools.pool(request.getPool()));
        ListSnapshotsResponse.Builder page = ListSnapshotsResponse.newBuilder();
        for (Pool pool : chosen) {
            int order = pool.id().compareTo(from.pool());
            if (order < 0) {
                continue;
            }
            for (CatalogSnapshot snapshot :
                    pool.catalog().snapshots().after(order == 0 ? from.id() : "")) {
                if (!isAskedFor(snapshot.facts(), request)) {
                    continue;
                }
                if (page.getSnapshotsCount() == most) {
                    Snapshot last = page.getSnapshots(most - 1);
                    return page.setNextPageToken(
                                    new PageToken(last.getPool(), last.getSnapshot()).toString())
                            .build();
                }
                page.addSnapshots(message(pool, snapshot));
            }
        }
        return page.build();
    }

    private static boolean isAskedFor(SnapshotFacts facts, ListSnapshotsRequest request) {
        return (request.getLun().isEmpty() || request.getLun().equals(facts.lun()))
                && (request.getGroup().isEmpty() || request.getGroup().equals(facts.group()));
    }

    @Override
    public void deleteSnapshot(
            DeleteSnapshotRequest request, StreamObserver<DeleteSnapshotResponse> observer) {
        Answers.send(
                observer,
                () -> {
                    snapshots.delete(pools.pool(request.getPool()), request.getSnapshot());
                    return DeleteSnapshotResponse.getDefaultInstance();
                });
    }

    @Override
    public void listAllocatedRanges(
            ListAllocatedRangesRequest request, StreamObserver<ListRangesResponse> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    CatalogSnapshot snapshot = pool.snapshot(request.getSnapshot());
                    return ranges(
                            snapshot,
                            SnapshotRanges.allocated(
                                    pool,
                                    snapshot,
                                    request.getStartingOffset(),
                                    request.getMaxRanges()));
                });
    }

    @Override
    public void listChangedRanges(
            ListChangedRangesRequest request, StreamObserver<ListRangesResponse> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    CatalogSnapshot base = pool.snapshot(request.getBaseSnapshot());
                    CatalogSnapshot snapshot = pool.snapshot(request.getSnapshot());
                    return ranges(
                            snapshot,
                            SnapshotRanges.changed(
                                    pool,
                                    base,
                                    snapshot,
                                    request.getStartingOffset(),
                                    request.getMaxRanges()));
                });
    }

    private static ListRangesResponse ranges(CatalogSnapshot snapshot, Page page) {
        ListRangesResponse.Builder answer =
                ListRangesResponse.newBuilder()
                        .setNextOffset(page.nextOffset())
                        .setSizeBytes(snapshot.facts().sizeBytes());
        page.ranges()
                .forEach(range ->
                        answer.addRangesBuilder()
                                .setOffset(range.offset())
                                .setLength(range.length()));
        return answer.build();
    }

    private Snapshot message(Pool pool, CatalogSnapshot snapshot) throws IOException {
        return Messages.snapshot(pool, snapshot, background.remainingBytes(snapshot.facts().id()));
    }
}
