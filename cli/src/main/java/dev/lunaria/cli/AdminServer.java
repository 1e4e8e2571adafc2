package dev.lunaria.cli;

import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetServerRequest;
import dev.lunaria.proto.target.v1.GetSnapshotRequest;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListLunsResponse;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.ListSnapshotsRequest;
import dev.lunaria.proto.target.v1.ListSnapshotsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.Server;
import dev.lunaria.proto.target.v1.ServersGrpc;
import dev.lunaria.proto.target.v1.Session;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.proto.target.v1.SnapshotsGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.Tls;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.io.FileNotFoundException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The admin API of one target server. Used by the main thread. Each call ends within {@link
 * #DEADLINE}; a list has as many pages as the server has.
 */
final class AdminServer implements AutoCloseable {
    static final Duration DEADLINE = Duration.ofSeconds(10);

    private final Endpoint endpoint;
    private final GrpcChannel channel;

    private AdminServer(Endpoint endpoint, GrpcChannel channel) {
        this.endpoint = endpoint;
        this.channel = channel;
    }

    static AdminServer open(Endpoint endpoint, @Nullable Tls tls, String authorities) {
        return new AdminServer(
                endpoint,
                switch (endpoint) {
                    case Endpoint.Unix unix -> GrpcChannel.open(unix);
                    case Endpoint.Tcp tcp -> GrpcChannel.open(tcp, tls, authorities);
                });
    }

    Endpoint endpoint() {
        return endpoint;
    }

    Server server() {
        return call(() ->
                within(ServersGrpc.newBlockingStub(channel()))
                        .getServer(GetServerRequest.getDefaultInstance()));
    }

    List<Pool> pools() {
        return call(() ->
                within(PoolsGrpc.newBlockingStub(channel()))
                        .listPools(ListPoolsRequest.getDefaultInstance())
                        .getPoolsList());
    }

    /**
     * All of its LUNs.
     *
     * @param pool UUID; empty: of all its pools
     */
    List<Lun> luns(String pool) {
        List<Lun> luns = new ArrayList<>();
        String token = "";
        do {
            var request = ListLunsRequest.newBuilder().setPool(pool).setPageToken(token).build();
            ListLunsResponse page =
                    call(() -> within(LunsGrpc.newBlockingStub(channel())).listLuns(request));
            luns.addAll(page.getLunsList());
            token = page.getNextPageToken();
        } while (!token.isEmpty());
        return luns;
    }

    Optional<Lun> lun(String pool, String lun) {
        var request = GetLunRequest.newBuilder().setPool(pool).setLun(lun).build();
        return found(() -> within(LunsGrpc.newBlockingStub(channel())).getLun(request));
    }

    List<Snapshot> snapshots(String pool, String lun) {
        List<Snapshot> snapshots = new ArrayList<>();
        String token = "";
        do {
            var request =
                    ListSnapshotsRequest.newBuilder()
                            .setPool(pool)
                            .setLun(lun)
                            .setPageToken(token)
                            .build();
            ListSnapshotsResponse page =
                    call(() ->
                            within(SnapshotsGrpc.newBlockingStub(channel()))
                                    .listSnapshots(request));
            snapshots.addAll(page.getSnapshotsList());
            token = page.getNextPageToken();
        } while (!token.isEmpty());
        return snapshots;
    }

    Optional<Snapshot> snapshot(String pool, String snapshot) {
        var request = GetSnapshotRequest.newBuilder().setPool(pool).setSnapshot(snapshot).build();
        return found(() -> within(SnapshotsGrpc.newBlockingStub(channel())).getSnapshot(request));
    }

    List<Session> sessions() {
        return call(() ->
                within(SessionsGrpc.newBlockingStub(channel()))
                        .listSessions(ListSessionsRequest.getDefaultInstance())
                        .getSessionsList());
    }

    private ManagedChannel channel() {
        return channel.channel();
    }

    private static <S extends AbstractStub<S>> S within(S stub) {
        return stub.withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private <T> Optional<T> found(Supplier<T> rpc) {
        try {
            return Optional.of(rpc.get());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == io.grpc.Status.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw failure(e);
        }
    }

    private <T> T call(Supplier<T> rpc) {
        try {
            return rpc.get();
        } catch (StatusRuntimeException e) {
            throw failure(e);
        }
    }

    /** The one map of what servers answer to lines that say what to do. */
    private AdminException failure(StatusRuntimeException e) {
        String description = e.getStatus().getDescription();
        String said = description == null ? e.getStatus().getCode().toString() : description;
        String line =
                switch (e.getStatus().getCode()) {
                    case UNAVAILABLE ->
                            "no target server answers at %s (%s): see that lunaria-target runs and that you may use its socket, or name another with --admin"
                                    .formatted(endpoint, reason(e, said));
                    case DEADLINE_EXCEEDED ->
                            "the target server at %s didn't answer within %d s: its disks may be stuck; look at its log"
                                    .formatted(endpoint, DEADLINE.toSeconds());
                    case UNIMPLEMENTED ->
                            "the target server at %s doesn't know that: it is older than this program; upgrade it"
                                    .formatted(endpoint);
                    case PERMISSION_DENIED, UNAUTHENTICATED ->
                            "the target server at %s refuses you (%s): use a certificate that its --allowed-client names"
                                    .formatted(endpoint, said);
                    default -> "the target server at %s: %s".formatted(endpoint, said);
                };
        return new AdminException(line, e);
    }

    /** What lies under gRPC's words for it. */
    private static String reason(StatusRuntimeException e, String said) {
        return switch (e.getCause()) {
            case FileNotFoundException _ -> "there is no such socket"; // Netty's words: none.
            case Throwable cause when cause.getMessage() != null -> cause.getMessage();
            case null, default -> said;
        };
    }

    @Override
    public void close() {
        channel.close();
    }
}
