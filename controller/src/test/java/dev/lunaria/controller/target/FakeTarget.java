package dev.lunaria.controller.target;

import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.ListPoolsResponse;
import dev.lunaria.proto.target.v1.ListRangesResponse;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.ListSessionsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A target server's admin API on a Unix socket, with a pool in memory: keeps {@link
 * TargetAdminContract}, and does harm where it is told to. Guarded by the monitor of its pool. Its
 * memory stays when the server stops and starts.
 */
public final class FakeTarget implements AutoCloseable {

    private final Endpoint endpoint;
    private final @Nullable TlsFiles tls;
    private final FakePool pool;
    private final Faults faults = new Faults();
    private GrpcServer server;

    public FakeTarget(Path socket, String clusterId) {
        this(new Endpoint.Unix(socket), null, clusterId);
    }

    /** On TCP, with its TLS files. */
    public FakeTarget(Endpoint endpoint, @Nullable TlsFiles tls, String clusterId) {
        this.endpoint = endpoint;
        this.tls = tls;
        this.pool = new FakePool(clusterId);
        this.server = serve();
    }

    public Endpoint endpoint() {
        return server.endpoint();
    }

    public UUID pool() {
        return UUID.fromString(pool.pool);
    }

    public Faults faults() {
        return faults;
    }

    public void totalBytes(long bytes) {
        synchronized (pool) {
            pool.totalBytes = bytes;
        }
    }

    /** As if the server had started on an empty folder. */
    public void servesPool(boolean serves) {
        synchronized (pool) {
            pool.servesPool = serves;
        }
    }

    /** As if the store took no more I/O: fences don't finish. */
    public void stuck(boolean is) {
        synchronized (pool) {
            pool.stuck = is;
        }
    }

    /** From now on copies and snapshots aren't ready until they are told to. */
    public void slowCopies(boolean are) {
        synchronized (pool) {
            pool.slowCopies = are;
        }
    }

    /** What a snapshot holds, also as what differs from any other: offset, length, offset… */
    public void holds(UUID snapshot, long... offsetsAndLengths) {
        var ranges = new ArrayList<ListRangesResponse.Range>();
        for (int i = 0; i < offsetsAndLengths.length; i += 2) {
            ranges.add(
                    ListRangesResponse.Range.newBuilder()
                            .setOffset(offsetsAndLengths[i])
                            .setLength(offsetsAndLengths[i + 1])
                            .build());
        }
        synchronized (pool) {
            pool.ranges.put(snapshot.toString(), ranges);
        }
    }

    /** Something happens to a volume's LUN, at the server. */
    public void change(String volume, UnaryOperator<Lun.Builder> change) {
        synchronized (pool) {
            pool.luns.computeIfPresent(
                    volume.substring(volume.indexOf('/') + 1),
                    (_, lun) -> change.apply(lun.toBuilder()).build());
        }
    }

    /** What is being copied is all there. */
    public void finishCopies() {
        pool.endCopies(Lun.Content.READY, Snapshot.State.READY);
    }

    /** What is being copied can't be read. */
    public void failCopies() {
        pool.endCopies(Lun.Content.FAILED, Snapshot.State.FAILED);
    }

    public Collection<Lun> luns() {
        synchronized (pool) {
            return List.copyOf(pool.luns.values());
        }
    }

    public Collection<Snapshot> snapshots() {
        synchronized (pool) {
            return List.copyOf(pool.snapshots.values());
        }
    }

    /** How many LUNs were ever made. */
    public int lunsMade() {
        synchronized (pool) {
            return pool.lunsMade;
        }
    }

    /** How many snapshots were ever taken. */
    public int snapshotsMade() {
        synchronized (pool) {
            return pool.snapshotsMade;
        }
    }

    /** Requests that made a grant. */
    public List<CreateGrantRequest> grantsMade() {
        synchronized (pool) {
            return List.copyOf(pool.grantsMade);
        }
    }

    public void stop() {
        server.close();
    }

    public void start() {
        server = serve();
    }

    @Override
    public void close() {
        server.close();
    }

    private GrpcServer serve() {
        return GrpcServer.on(endpoint)
                .tls(tls == null ? null : Tls.load(tls))
                .service(faulty(new Pools(pool)))
                .service(faulty(new FakeLuns(pool)))
                .service(faulty(new FakeSnapshots(pool)))
                .service(faulty(new FakeGrants(pool)))
                .service(faulty(new Sessions(pool)))
                .start();
    }

    private BindableService faulty(BindableService service) {
        return () -> ServerInterceptors.intercept(service, faults);
    }

    private static final class Pools extends PoolsGrpc.PoolsImplBase {

        private final FakePool pool;

        Pools(FakePool pool) {
            this.pool = pool;
        }

        @Override
        public void getPool(GetPoolRequest request, StreamObserver<Pool> observer) {
            pool.answer(
                    observer,
                    () -> {
                        pool.requirePool(request.getPool());
                        return pool.describe();
                    });
        }

        @Override
        public void listPools(
                ListPoolsRequest request, StreamObserver<ListPoolsResponse> observer) {
            pool.answer(
                    observer,
                    () -> ListPoolsResponse.newBuilder().addPools(pool.describe()).build());
        }
    }

    /** Every node that holds a grant is logged in. */
    private static final class Sessions extends SessionsGrpc.SessionsImplBase {

        private final FakePool pool;

        Sessions(FakePool pool) {
            this.pool = pool;
        }

        @Override
        public void listSessions(
                ListSessionsRequest request, StreamObserver<ListSessionsResponse> observer) {
            pool.answer(
                    observer,
                    () -> {
                        var sessions = ListSessionsResponse.newBuilder();
                        pool.luns.values().stream()
                                .flatMap(lun -> lun.getGrantsList().stream())
                                .filter(FakePool::holds)
                                .forEach(grant ->
                                        sessions.addSessionsBuilder()
                                                .setPool(pool.pool)
                                                .setNode(grant.getNode()));
                        return sessions.build();
                    });
        }
    }
}
