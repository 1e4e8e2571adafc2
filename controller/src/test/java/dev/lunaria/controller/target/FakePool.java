package dev.lunaria.controller.target;

import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.ListRangesResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunSource;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.Snapshot;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

/** What {@link FakeTarget} remembers: one pool. Guarded by its own monitor; bounded by the test. */
final class FakePool {

    static final int SERVERS_CHOICE = 100;
    static final long UNIT = 4096;

    final String pool = UUID.randomUUID().toString();
    final String clusterId;
    final TreeMap<String, Lun> luns = new TreeMap<>();
    final TreeMap<String, Snapshot> snapshots = new TreeMap<>();
    final Map<String, List<ListRangesResponse.Range>> ranges = new HashMap<>();
    final List<CreateGrantRequest> grantsMade = new ArrayList<>();
    long totalBytes = 1L << 40;
    boolean servesPool = true;
    boolean stuck;
    boolean slowCopies;
    int lunsMade;
    int snapshotsMade;

    FakePool(String clusterId) {
        this.clusterId = clusterId;
    }

    synchronized <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
        observer.onNext(work.get());
        observer.onCompleted();
    }

    static StatusRuntimeException refusal(Status status, String message) {
        return status.withDescription(message).asRuntimeException();
    }

    static boolean isUuid(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static boolean holds(Grant grant) {
        return grant.getState() != Grant.State.REVOKED;
    }

    void requirePool(String asked) {
        if (!servesPool || !asked.equals(pool)) {
            throw refusal(Status.NOT_FOUND, "no pool " + asked);
        }
    }

    Lun requireLun(String asked, String lun) {
        requirePool(asked);
        Lun found = luns.get(lun);
        if (found == null) {
            throw refusal(Status.NOT_FOUND, "no LUN " + lun);
        }
        return found;
    }

    Snapshot requireSnapshot(String asked, String snapshot) {
        requirePool(asked);
        Snapshot found = snapshots.get(snapshot);
        if (found == null) {
            throw refusal(Status.NOT_FOUND, "no snapshot " + snapshot);
        }
        return found;
    }

    /** One page of what comes after a token, and the token of the next. */
    record Page<T>(List<T> entries, String next) {}

    /** At most so many of the entries behind the token; 0: as many as a server likes. */
    static <T> Page<T> page(NavigableMap<String, T> all, String token, int size) {
        if (!token.isEmpty() && !isUuid(token)) {
            throw refusal(Status.INVALID_ARGUMENT, "page_token isn't one");
        }
        var rest = all.tailMap(token, false);
        List<String> keys =
                rest.keySet().stream().limit(size == 0 ? SERVERS_CHOICE : size).toList();
        List<T> entries =
                rest.entrySet().stream().limit(keys.size()).map(Map.Entry::getValue).toList();
        return new Page<>(entries, keys.size() < rest.size() ? keys.getLast() : "");
    }

    Pool describe() {
        return Pool.newBuilder()
                .setPool(pool)
                .setClusterId(clusterId)
                .setTotalBytes(totalBytes)
                .setFreeBytes(totalBytes)
                .setProvisionedBytes(luns.values().stream().mapToLong(Lun::getSizeBytes).sum())
                .setLuns(luns.size())
                .build();
    }

    /** All copies that are under way end so. */
    synchronized void endCopies(Lun.Content content, Snapshot.State state) {
        luns.replaceAll((id, lun) ->
                lun.getContent() == Lun.Content.COPYING
                        ? lun.toBuilder().setContent(content).setRemainingBytes(0).build()
                        : lun);
        snapshots.replaceAll((id, snapshot) ->
                snapshot.getState() == Snapshot.State.COPYING
                        ? snapshot.toBuilder().setState(state).setRemainingBytes(0).build()
                        : snapshot);
    }

    /** Size of what a LUN is to be a copy of, in bytes; 0 for one that begins blank. */
    long sizeOf(LunSource source) {
        return switch (source.getSourceCase()) {
            case LUN -> requireLun(pool, source.getLun()).getSizeBytes();
            case SNAPSHOT -> {
                Snapshot snapshot = requireSnapshot(pool, source.getSnapshot());
                if (snapshot.getState() != Snapshot.State.READY) {
                    throw refusal(Status.FAILED_PRECONDITION, "the snapshot isn't READY");
                }
                yield snapshot.getSizeBytes();
            }
            case SOURCE_NOT_SET -> 0;
        };
    }
}
