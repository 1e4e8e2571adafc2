package dev.lunaria.controller.target;

import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.RevokeGrantResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;

/** Who may log in, as a target server decides it. The pool's monitor guards it. */
final class FakeGrants extends GrantsGrpc.GrantsImplBase {

    private final FakePool pool;

    FakeGrants(FakePool pool) {
        this.pool = pool;
    }

    @Override
    public void createGrant(CreateGrantRequest request, StreamObserver<Grant> observer) {
        pool.answer(
                observer,
                () -> {
                    Lun lun = pool.requireLun(request.getPool(), request.getLun());
                    Grant mine =
                            lun.getGrantsList().stream()
                                    .filter(grant -> grant.getNode().equals(request.getNode()))
                                    .findFirst()
                                    .orElse(never(request.getNode()));
                    if (mine.getEpoch() != request.getEpoch()) {
                        throw FakePool.refusal(
                                Status.ABORTED, "the pair is at epoch " + mine.getEpoch());
                    }
                    return switch (mine.getState()) {
                        case ACTIVE -> same(mine, request);
                        case REVOKED -> make(lun, request);
                        case REVOKING, STATE_UNSPECIFIED, UNRECOGNIZED ->
                                throw FakePool.refusal(
                                        Status.FAILED_PRECONDITION,
                                        "its revocation isn't finished");
                    };
                });
    }

    private static Grant same(Grant mine, CreateGrantRequest request) {
        if (mine.getAccess() != request.getAccess()
                || mine.getExclusive() != request.getExclusive()) {
            throw FakePool.refusal(
                    Status.ALREADY_EXISTS,
                    "the node holds a grant with another access or exclusivity");
        }
        return mine;
    }

    private Grant make(Lun lun, CreateGrantRequest request) {
        boolean conflict =
                lun.getGrantsList().stream()
                        .filter(other ->
                                !other.getNode().equals(request.getNode()) && FakePool.holds(other))
                        .anyMatch(other -> other.getExclusive() || request.getExclusive());
        if (conflict) {
            throw FakePool.refusal(Status.FAILED_PRECONDITION, "another node holds a grant");
        }
        Grant made =
                Grant.newBuilder()
                        .setNode(request.getNode())
                        .setEpoch(request.getEpoch())
                        .setState(Grant.State.ACTIVE)
                        .setAccess(request.getAccess())
                        .setExclusive(request.getExclusive())
                        .setInitiatorName(request.getInitiatorName())
                        .setKeyId(request.getKeyId())
                        .build();
        pool.grantsMade.add(request);
        replace(lun, List.of(made));
        return made;
    }

    @Override
    public void revokeGrant(
            RevokeGrantRequest request, StreamObserver<RevokeGrantResponse> observer) {
        pool.answer(
                observer,
                () -> {
                    pool.requirePool(request.getPool());
                    Lun lun = pool.luns.get(request.getLun());
                    if (lun == null) {
                        return RevokeGrantResponse.getDefaultInstance();
                    }
                    var pairs = new ArrayList<>(lun.getGrantsList());
                    if (!request.getNode().isEmpty()
                            && pairs.stream()
                                    .noneMatch(pair -> pair.getNode().equals(request.getNode()))) {
                        pairs.add(never(request.getNode()));
                    }
                    List<Grant> fenced =
                            pairs.stream()
                                    .filter(pair ->
                                            request.getNode().isEmpty()
                                                    || pair.getNode().equals(request.getNode()))
                                    .map(pair -> fence(pair, request.getFence()))
                                    .toList();
                    replace(lun, fenced);
                    if (fenced.stream().anyMatch(FakePool::holds)) {
                        throw FakePool.refusal(Status.DEADLINE_EXCEEDED, "the store is stuck");
                    }
                    return RevokeGrantResponse.newBuilder().addAllGrants(fenced).build();
                });
    }

    /** Every revocation raises the epoch: a grant asked for before is too late then. */
    private Grant fence(Grant pair, boolean byAnother) {
        boolean active = pair.getState() == Grant.State.ACTIVE;
        return pair.toBuilder()
                .setFenced(byAnother && (active || pair.getFenced()))
                .setEpoch(pair.getEpoch() + 1)
                .setState(
                        pool.stuck && FakePool.holds(pair)
                                ? Grant.State.REVOKING
                                : Grant.State.REVOKED)
                .build();
    }

    private static Grant never(String node) {
        return Grant.newBuilder().setNode(node).setState(Grant.State.REVOKED).setEpoch(1).build();
    }

    private void replace(Lun lun, List<Grant> changed) {
        List<String> nodes = changed.stream().map(Grant::getNode).toList();
        var grants = new ArrayList<>(changed);
        lun.getGrantsList().stream()
                .filter(grant -> !nodes.contains(grant.getNode()))
                .forEach(grants::add);
        pool.luns.put(lun.getLun(), lun.toBuilder().clearGrants().addAllGrants(grants).build());
    }
}
