package dev.lunaria.controller.target;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.GrantRequest;
import dev.lunaria.controller.volume.LunPage;
import dev.lunaria.controller.volume.PoolSpace;
import dev.lunaria.controller.volume.TargetPool;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.service.secret.ChapSecretDerivation;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A pool behind the admin API of its target server. Used by any thread. Every call has a deadline:
 * the one below for its kind, or the caller's own where that is nearer.
 *
 * <p>A server that started on an empty folder knows no LUN of the pool: before absence is taken for
 * deleted or fenced, it is asked whether it serves the pool at all.
 */
final class RemotePool implements TargetPool {

    /** For what only reads. */
    static final Duration READ_DEADLINE = Duration.ofSeconds(5);

    /** For what makes and removes: the target syncs a folder or two, and unlinks a large file. */
    static final Duration CHANGE_DEADLINE = Duration.ofSeconds(20);

    /** For a fence, which waits until what a node had sent is drained. */
    static final Duration FENCE_DEADLINE = Duration.ofSeconds(60);

    private final UUID pool;
    private final String clusterId;
    private final ManagedChannel channel;
    private final TargetErrors errors;

    RemotePool(UUID pool, String clusterId, String endpoint, ManagedChannel channel) {
        this.pool = pool;
        this.clusterId = clusterId;
        this.channel = channel;
        this.errors = new TargetErrors(pool, endpoint);
    }

    @Override
    public PoolSpace space() {
        Pool space = servedPool();
        return new PoolSpace(
                space.getClusterId(),
                space.getTotalBytes(),
                space.getFreeBytes(),
                space.getProvisionedBytes());
    }

    private Pool servedPool() {
        var request = GetPoolRequest.newBuilder().setPool(pool.toString()).build();
        try {
            return call(() ->
                    within(READ_DEADLINE, PoolsGrpc.newBlockingStub(channel)).getPool(request));
        } catch (Failure failure) {
            throw failure.reason() == Failure.Reason.NOT_FOUND
                    ? errors.poolNotServed(failure)
                    : failure;
        }
    }

    @Override
    public dev.lunaria.controller.volume.Lun create(UUID lun, String name, long sizeBytes) {
        var request =
                CreateLunRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.toString())
                        .setName(name)
                        .setSizeBytes(sizeBytes)
                        .setClusterId(clusterId)
                        .build();
        return TargetMessages.lun(call(() -> luns(CHANGE_DEADLINE).createLun(request)));
    }

    @Override
    public dev.lunaria.controller.volume.Lun expand(UUID lun, long sizeBytes) {
        var request =
                ExpandLunRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.toString())
                        .setSizeBytes(sizeBytes)
                        .build();
        return TargetMessages.lun(call(() -> luns(CHANGE_DEADLINE).expandLun(request)));
    }

    @Override
    public Optional<dev.lunaria.controller.volume.Lun> find(UUID lun) {
        var request =
                GetLunRequest.newBuilder().setPool(pool.toString()).setLun(lun.toString()).build();
        try {
            return Optional.of(TargetMessages.lun(call(() -> luns(READ_DEADLINE).getLun(request))));
        } catch (Failure failure) {
            if (failure.reason() != Failure.Reason.NOT_FOUND) {
                throw failure;
            }
            servedPool();
            return Optional.empty();
        }
    }

    @Override
    public LunPage list(int max, String token) {
        var request =
                ListLunsRequest.newBuilder()
                        .setPool(pool.toString())
                        .setPageSize(max)
                        .setPageToken(token)
                        .build();
        try {
            var page = call(() -> luns(READ_DEADLINE).listLuns(request));
            return new LunPage(
                    page.getLunsList().stream().map(TargetMessages::lun).toList(),
                    page.getNextPageToken());
        } catch (Failure failure) {
            throw switch (failure.reason()) {
                case INVALID ->
                        new Failure(
                                Failure.Reason.BUSY,
                                "starting_token is of no use any more; list again from the beginning",
                                failure);
                case NOT_FOUND -> errors.poolNotServed(failure);
                default -> failure;
            };
        }
    }

    @Override
    public void delete(UUID lun) {
        servedPool();
        var request =
                DeleteLunRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.toString())
                        .build();
        call(() -> luns(CHANGE_DEADLINE).deleteLun(request));
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
        return TargetMessages.grant(call(() -> grants(CHANGE_DEADLINE).createGrant(request)));
    }

    @Override
    public void revoke(UUID lun, Optional<String> node) {
        servedPool();
        var request =
                RevokeGrantRequest.newBuilder()
                        .setPool(pool.toString())
                        .setLun(lun.toString())
                        .setNode(node.orElse(""))
                        .build();
        call(() -> grants(FENCE_DEADLINE).revokeGrant(request));
    }

    private LunsGrpc.LunsBlockingStub luns(Duration deadline) {
        return within(deadline, LunsGrpc.newBlockingStub(channel));
    }

    private GrantsGrpc.GrantsBlockingStub grants(Duration deadline) {
        return within(deadline, GrantsGrpc.newBlockingStub(channel));
    }

    private static <S extends AbstractStub<S>> S within(Duration deadline, S stub) {
        return stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    private <T> T call(Supplier<T> rpc) {
        reconnect();
        try {
            return rpc.get();
        } catch (StatusRuntimeException e) {
            throw errors.failure(e);
        }
    }

    /**
     * A server that has come back is found at once: left alone, a channel that failed to connect
     * goes on failing calls until it tries again by itself, seconds or minutes later. Made idle, it
     * connects anew for this call, which fails only when that does.
     */
    private void reconnect() {
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.enterIdle();
        }
    }
}
