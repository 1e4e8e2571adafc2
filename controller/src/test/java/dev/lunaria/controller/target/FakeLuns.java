package dev.lunaria.controller.target;

import com.google.protobuf.Timestamp;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunResponse;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListLunsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunLimits;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.SetLunLimitsRequest;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.NavigableMap;
import java.util.TreeMap;

/** LUNs, as a target server makes and grows them. The pool's monitor guards it. */
final class FakeLuns extends LunsGrpc.LunsImplBase {

    private static final long LEAST_OPERATIONS = 10;
    private static final long LEAST_BYTES = 1L << 20;

    private final FakePool pool;

    FakeLuns(FakePool pool) {
        this.pool = pool;
    }

    @Override
    public void createLun(CreateLunRequest request, StreamObserver<Lun> observer) {
        pool.answer(
                observer,
                () -> {
                    pool.requirePool(request.getPool());
                    if (request.getSizeBytes() <= 0
                            || request.getSizeBytes() % FakePool.UNIT != 0
                            || !request.getClusterId().equals(pool.clusterId)
                            || !FakePool.isUuid(request.getLun())) {
                        throw FakePool.refusal(Status.INVALID_ARGUMENT, "such a LUN can't be");
                    }
                    Lun there = pool.luns.get(request.getLun());
                    return there == null ? make(request) : same(there, request);
                });
    }

    private static Lun same(Lun there, CreateLunRequest request) {
        if (there.getSizeBytes() != request.getSizeBytes()
                || !there.getName().equals(request.getName())
                || !there.getSource().equals(request.getSource())) {
            throw FakePool.refusal(
                    Status.ALREADY_EXISTS, "LUN " + request.getLun() + " is another");
        }
        return there;
    }

    private Lun make(CreateLunRequest request) {
        checkLimits(request.getLimits());
        long source = pool.sizeOf(request.getSource());
        if (source > request.getSizeBytes()) {
            throw FakePool.refusal(Status.OUT_OF_RANGE, "smaller than its source");
        }
        boolean copying = pool.slowCopies && request.hasSource();
        var lun =
                Lun.newBuilder()
                        .setPool(pool.pool)
                        .setLun(request.getLun())
                        .setName(request.getName())
                        .setSizeBytes(request.getSizeBytes())
                        .setClusterId(pool.clusterId)
                        .setTargetName(
                                "iqn.2026-11.dev.lunaria:" + pool.pool + ":" + request.getLun())
                        .setLogicalBlockBytes(512)
                        .setFormat(FormatState.newBuilder().setState(FormatState.State.BLANK))
                        .setCreated(Timestamp.newBuilder().setSeconds(1))
                        .setContent(copying ? Lun.Content.COPYING : Lun.Content.READY)
                        .setRemainingBytes(copying ? source : 0)
                        .setLimits(request.getLimits());
        if (request.hasSource()) {
            lun.setSource(request.getSource());
        }
        pool.lunsMade++;
        pool.luns.put(request.getLun(), lun.build());
        return lun.build();
    }

    private static void checkLimits(LunLimits limits) {
        if (isTooSmall(limits.getOperationsPerSecond(), LEAST_OPERATIONS)
                || isTooSmall(limits.getBytesPerSecond(), LEAST_BYTES)) {
            throw FakePool.refusal(Status.INVALID_ARGUMENT, "such limits can't be");
        }
    }

    private static boolean isTooSmall(long limit, long least) {
        return limit < 0 || (limit > 0 && limit < least);
    }

    @Override
    public void expandLun(ExpandLunRequest request, StreamObserver<Lun> observer) {
        pool.answer(
                observer,
                () -> {
                    Lun lun = pool.requireLun(request.getPool(), request.getLun());
                    if (request.getSizeBytes() <= 0
                            || request.getSizeBytes() % FakePool.UNIT != 0) {
                        throw FakePool.refusal(Status.OUT_OF_RANGE, "such a size can't be");
                    }
                    if (lun.getContent() != Lun.Content.READY) {
                        throw FakePool.refusal(Status.FAILED_PRECONDITION, "still being copied");
                    }
                    return put(
                            lun.toBuilder()
                                    .setSizeBytes(
                                            Math.max(lun.getSizeBytes(), request.getSizeBytes())));
                });
    }

    private Lun put(Lun.Builder lun) {
        Lun built = lun.build();
        pool.luns.put(built.getLun(), built);
        return built;
    }

    @Override
    public void setLunLimits(SetLunLimitsRequest request, StreamObserver<Lun> observer) {
        pool.answer(
                observer,
                () -> {
                    Lun lun = pool.requireLun(request.getPool(), request.getLun());
                    checkLimits(request.getLimits());
                    return put(lun.toBuilder().setLimits(request.getLimits()));
                });
    }

    @Override
    public void getLun(GetLunRequest request, StreamObserver<Lun> observer) {
        pool.answer(observer, () -> pool.requireLun(request.getPool(), request.getLun()));
    }

    @Override
    public void listLuns(ListLunsRequest request, StreamObserver<ListLunsResponse> observer) {
        pool.answer(
                observer,
                () -> {
                    if (!request.getPool().isEmpty()) {
                        pool.requirePool(request.getPool());
                    }
                    var page =
                            FakePool.page(
                                    grantedTo(request.getGrantedTo()),
                                    request.getPageToken(),
                                    request.getPageSize());
                    return ListLunsResponse.newBuilder()
                            .addAllLuns(page.entries())
                            .setNextPageToken(page.next())
                            .build();
                });
    }

    private NavigableMap<String, Lun> grantedTo(String node) {
        var chosen = new TreeMap<>(pool.luns);
        if (!node.isEmpty()) {
            chosen.values()
                    .removeIf(lun ->
                            lun.getGrantsList().stream()
                                    .noneMatch(grant ->
                                            grant.getNode().equals(node) && FakePool.holds(grant)));
        }
        return chosen;
    }

    @Override
    public void deleteLun(DeleteLunRequest request, StreamObserver<DeleteLunResponse> observer) {
        pool.answer(
                observer,
                () -> {
                    pool.requirePool(request.getPool());
                    Lun lun = pool.luns.get(request.getLun());
                    if (lun != null && lun.getGrantsList().stream().anyMatch(FakePool::holds)) {
                        throw FakePool.refusal(Status.FAILED_PRECONDITION, "a grant lives");
                    }
                    pool.luns.remove(request.getLun());
                    return DeleteLunResponse.getDefaultInstance();
                });
    }
}
