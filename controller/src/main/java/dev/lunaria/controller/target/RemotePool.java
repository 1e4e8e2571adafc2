package dev.lunaria.controller.target;

import static dev.lunaria.controller.target.TargetCalls.CHANGE_DEADLINE;
import static dev.lunaria.controller.target.TargetCalls.FENCE_DEADLINE;
import static dev.lunaria.controller.target.TargetCalls.READ_DEADLINE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.GrantRequest;
import dev.lunaria.controller.volume.Limits;
import dev.lunaria.controller.volume.Lun;
import dev.lunaria.controller.volume.NewLun;
import dev.lunaria.controller.volume.Page;
import dev.lunaria.controller.volume.PoolSpace;
import dev.lunaria.controller.volume.TargetPool;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.proto.target.v1.SetLunLimitsRequest;
import dev.lunaria.service.secret.ChapSecretDerivation;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** A pool behind the admin API of its target server. Used by any thread. */
final class RemotePool implements TargetPool {

    private final UUID pool;
    private final String clusterId;
    private final TargetCalls calls;

    RemotePool(UUID pool, String clusterId, TargetCalls calls) {
        this.pool = pool;
        this.clusterId = clusterId;
        this.calls = calls;
    }

    @Override
    public PoolSpace space() {
        Pool space = calls.servedPool();
        return new PoolSpace(
                space.getClusterId(),
                space.getTotalBytes(),
                space.getFreeBytes(),
                space.getProvisionedBytes());
    }

    @Override
    public Lun create(NewLun wanted) {
        var request =
                CreateLunRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(wanted.lun().toString())
                        .setName(wanted.name())
                        .setSizeBytes(wanted.sizeBytes())
                        .setClusterId(clusterId);
        wanted.source().map(TargetMessages::source).ifPresent(request::setSource);
        if (!wanted.limits().equals(Limits.NONE)) {
            request.setLimits(TargetMessages.limits(wanted.limits()));
        }
        return TargetMessages.lun(
                calls.call(() -> luns(CHANGE_DEADLINE).createLun(request.build())));
    }

    @Override
    public Lun expand(UUID lun, long sizeBytes) {
        var request =
                ExpandLunRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.toString())
                        .setSizeBytes(sizeBytes)
                        .build();
        return TargetMessages.lun(calls.call(() -> luns(CHANGE_DEADLINE).expandLun(request)));
    }

    @Override
    public Lun setLimits(UUID lun, Limits limits) {
        var request =
                SetLunLimitsRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.toString())
                        .setLimits(TargetMessages.limits(limits))
                        .build();
        return TargetMessages.lun(calls.call(() -> luns(CHANGE_DEADLINE).setLunLimits(request)));
    }

    @Override
    public Optional<Lun> find(UUID lun) {
        var request =
                GetLunRequest.newBuilder().setPool(pool.toString()).setLun(lun.toString()).build();
        try {
            return Optional.of(
                    TargetMessages.lun(calls.call(() -> luns(READ_DEADLINE).getLun(request))));
        } catch (Failure failure) {
            if (failure.reason() != Failure.Reason.NOT_FOUND) {
                throw failure;
            }
            calls.servedPool();
            return Optional.empty();
        }
    }

    @Override
    public Page<Lun> list(int max, String token) {
        return list(
                ListLunsRequest.newBuilder()
                        .setPool(pool.toString())
                        .setPageSize(max)
                        .setPageToken(token)
                        .build());
    }

    @Override
    public Page<Lun> listGrantedTo(String node, String token) {
        return list(
                ListLunsRequest.newBuilder()
                        .setPool(pool.toString())
                        .setGrantedTo(node)
                        .setPageToken(token)
                        .build());
    }

    @Override
    public Map<String, Integer> sessions() {
        var request = ListSessionsRequest.newBuilder().setPool(pool.toString()).build();
        var byNode = new TreeMap<String, Integer>();
        calls.call(() ->
                        TargetCalls.within(
                                        READ_DEADLINE,
                                        SessionsGrpc.newBlockingStub(calls.channel()))
                                .listSessions(request))
                .getSessionsList()
                .forEach(session -> byNode.merge(session.getNode(), 1, Integer::sum));
        return byNode;
    }

    private Page<Lun> list(ListLunsRequest request) {
        try {
            var page = calls.call(() -> luns(READ_DEADLINE).listLuns(request));
            return new Page<>(
                    page.getLunsList().stream().map(TargetMessages::lun).toList(),
                    page.getNextPageToken());
        } catch (Failure failure) {
            throw calls.listFailure(failure);
        }
    }

    @Override
    public void delete(UUID lun) {
        calls.servedPool();
        var request =
                DeleteLunRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.toString())
                        .build();
        calls.call(() -> luns(CHANGE_DEADLINE).deleteLun(request));
    }

    @Override
    public dev.lunaria.controller.volume.Grant grant(GrantRequest wanted) {
        ChapSecretDerivation.Secrets secrets = wanted.secrets();
        var request =
                CreateGrantRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(wanted.lun().toString())
                        .setNode(wanted.node())
                        .setEpoch(wanted.epoch())
                        .setAccess(wanted.readOnly() ? Access.READ_ONLY : Access.READ_WRITE)
                        .setExclusive(wanted.exclusive())
                        .setInitiatorName(wanted.initiatorName())
                        .setKeyId(wanted.keyId())
                        .setChap(
                                ChapSecrets.newBuilder()
                                        .setInitiatorSecret(secrets.initiator().revealText())
                                        .setTargetSecret(secrets.target().revealText()))
                        .build();
        return TargetMessages.grant(calls.call(() -> grants(CHANGE_DEADLINE).createGrant(request)));
    }

    @Override
    public void revoke(UUID lun, Optional<String> node) {
        revoke(RevokeGrantRequest.newBuilder().setLun(lun.toString()).setNode(node.orElse("")));
    }

    @Override
    public void fence(UUID lun, String node) {
        revoke(RevokeGrantRequest.newBuilder().setLun(lun.toString()).setNode(node).setFence(true));
    }

    private void revoke(RevokeGrantRequest.Builder request) {
        calls.servedPool();
        var whole = request.setPool(pool.toString()).build();
        calls.call(() -> grants(FENCE_DEADLINE).revokeGrant(whole));
    }

    private LunsGrpc.LunsBlockingStub luns(Duration deadline) {
        return TargetCalls.within(deadline, LunsGrpc.newBlockingStub(calls.channel()));
    }

    private GrantsGrpc.GrantsBlockingStub grants(Duration deadline) {
        return TargetCalls.within(deadline, GrantsGrpc.newBlockingStub(calls.channel()));
    }
}
