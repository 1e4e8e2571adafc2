package dev.lunaria.controller.target;

import com.google.protobuf.Timestamp;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunResponse;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListLunsResponse;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.ListPoolsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.RevokeGrantResponse;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A target server's admin API on a Unix socket, with a pool in memory: keeps {@link
 * TargetAdminContract}, and does harm where it is told to. Guarded by its own monitor. Its memory
 * stays when the server stops and starts.
 */
public final class FakeTarget implements AutoCloseable {

    private static final int SERVERS_CHOICE = 100;
    private static final long UNIT = 4096;

    private final Endpoint endpoint;
    private final @Nullable TlsFiles tls;
    private final String pool = UUID.randomUUID().toString();
    private final String clusterId;
    private final TreeMap<String, Lun> luns = new TreeMap<>();
    private final Faults faults = new Faults();
    private long totalBytes = 1L << 40;
    private boolean servesPool = true;
    private boolean stuck;
    private int lunsMade;
    private final List<CreateGrantRequest> grantsMade = new ArrayList<>();
    private GrpcServer server;

    public FakeTarget(Path socket, String clusterId) {
        this(new Endpoint.Unix(socket), null, clusterId);
    }

    /** On TCP, with its TLS files. */
    public FakeTarget(Endpoint endpoint, @Nullable TlsFiles tls, String clusterId) {
        this.endpoint = endpoint;
        this.tls = tls;
        this.clusterId = clusterId;
        this.server = serve();
    }

    public Endpoint endpoint() {
        return server.endpoint();
    }

    public UUID pool() {
        return UUID.fromString(pool);
    }

    public Faults faults() {
        return faults;
    }

    public synchronized void totalBytes(long bytes) {
        totalBytes = bytes;
    }

    /** As if the server had started on an empty folder. */
    public synchronized void servesPool(boolean serves) {
        servesPool = serves;
    }

    /** As if the store took no more I/O: fences don't finish. */
    public synchronized void stuck(boolean is) {
        stuck = is;
    }

    public synchronized Collection<Lun> luns() {
        return List.copyOf(luns.values());
    }

    /** How many LUNs were ever made. */
    public synchronized int lunsMade() {
        return lunsMade;
    }

    /** Requests that made a grant. */
    public synchronized List<CreateGrantRequest> grantsMade() {
        return List.copyOf(grantsMade);
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
                .service(faulty(new Pools()))
                .service(faulty(new Luns()))
                .service(faulty(new Grants()))
                .start();
    }

    private BindableService faulty(BindableService service) {
        return () -> ServerInterceptors.intercept(service, faults);
    }

    private synchronized <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
        observer.onNext(work.get());
        observer.onCompleted();
    }

    private static StatusRuntimeException refusal(Status status, String message) {
        return status.withDescription(message).asRuntimeException();
    }

    private void requirePool(String asked) {
        if (!servesPool || !asked.equals(pool)) {
            throw refusal(Status.NOT_FOUND, "no pool " + asked);
        }
    }

    private Lun require(String asked, String lun) {
        requirePool(asked);
        Lun found = luns.get(lun);
        if (found == null) {
            throw refusal(Status.NOT_FOUND, "no LUN " + lun);
        }
        return found;
    }

    private final class Pools extends PoolsGrpc.PoolsImplBase {

        @Override
        public void getPool(GetPoolRequest request, StreamObserver<Pool> observer) {
            answer(
                    observer,
                    () -> {
                        requirePool(request.getPool());
                        return describe();
                    });
        }

        @Override
        public void listPools(
                ListPoolsRequest request, StreamObserver<ListPoolsResponse> observer) {
            answer(observer, () -> ListPoolsResponse.newBuilder().addPools(describe()).build());
        }

        private Pool describe() {
            return Pool.newBuilder()
                    .setPool(pool)
                    .setClusterId(clusterId)
                    .setTotalBytes(totalBytes)
                    .setFreeBytes(totalBytes)
                    .setProvisionedBytes(luns.values().stream().mapToLong(Lun::getSizeBytes).sum())
                    .setLuns(luns.size())
                    .build();
        }
    }

    private final class Luns extends LunsGrpc.LunsImplBase {

        @Override
        public void createLun(CreateLunRequest request, StreamObserver<Lun> observer) {
            answer(
                    observer,
                    () -> {
                        requirePool(request.getPool());
                        if (request.getSizeBytes() <= 0
                                || request.getSizeBytes() % UNIT != 0
                                || !request.getClusterId().equals(clusterId)
                                || !isUuid(request.getLun())) {
                            throw refusal(Status.INVALID_ARGUMENT, "such a LUN can't be");
                        }
                        Lun there = luns.get(request.getLun());
                        if (there == null) {
                            lunsMade++;
                            luns.put(request.getLun(), lun(request));
                        } else if (there.getSizeBytes() != request.getSizeBytes()
                                || !there.getName().equals(request.getName())) {
                            throw refusal(
                                    Status.ALREADY_EXISTS,
                                    "LUN " + request.getLun() + " is another");
                        }
                        return luns.get(request.getLun());
                    });
        }

        private static boolean isUuid(String text) {
            try {
                return UUID.fromString(text).toString().equals(text);
            } catch (IllegalArgumentException e) {
                return false;
            }
        }

        private Lun lun(CreateLunRequest request) {
            return Lun.newBuilder()
                    .setPool(pool)
                    .setLun(request.getLun())
                    .setName(request.getName())
                    .setSizeBytes(request.getSizeBytes())
                    .setClusterId(clusterId)
                    .setTargetName("iqn.2026-11.dev.lunaria:" + pool + ":" + request.getLun())
                    .setLogicalBlockBytes(512)
                    .setFormat(FormatState.newBuilder().setState(FormatState.State.BLANK))
                    .setCreated(Timestamp.newBuilder().setSeconds(1))
                    .build();
        }

        @Override
        public void getLun(GetLunRequest request, StreamObserver<Lun> observer) {
            answer(observer, () -> require(request.getPool(), request.getLun()));
        }

        @Override
        public void listLuns(ListLunsRequest request, StreamObserver<ListLunsResponse> observer) {
            answer(
                    observer,
                    () -> {
                        if (!request.getPool().isEmpty()) {
                            requirePool(request.getPool());
                        }
                        if (!request.getPageToken().isEmpty() && !isUuid(request.getPageToken())) {
                            throw refusal(Status.INVALID_ARGUMENT, "page_token isn't one");
                        }
                        int size =
                                request.getPageSize() == 0 ? SERVERS_CHOICE : request.getPageSize();
                        List<Lun> rest =
                                List.copyOf(luns.tailMap(request.getPageToken(), false).values());
                        List<Lun> page = rest.subList(0, Math.min(size, rest.size()));
                        return ListLunsResponse.newBuilder()
                                .addAllLuns(page)
                                .setNextPageToken(
                                        rest.size() > page.size() ? page.getLast().getLun() : "")
                                .build();
                    });
        }

        @Override
        public void deleteLun(
                DeleteLunRequest request, StreamObserver<DeleteLunResponse> observer) {
            answer(
                    observer,
                    () -> {
                        requirePool(request.getPool());
                        Lun lun = luns.get(request.getLun());
                        if (lun != null
                                && lun.getGrantsList().stream().anyMatch(FakeTarget::holds)) {
                            throw refusal(Status.FAILED_PRECONDITION, "a grant lives");
                        }
                        luns.remove(request.getLun());
                        return DeleteLunResponse.getDefaultInstance();
                    });
        }
    }

    private static boolean holds(Grant grant) {
        return grant.getState() != Grant.State.REVOKED;
    }

    private final class Grants extends GrantsGrpc.GrantsImplBase {

        @Override
        public void createGrant(CreateGrantRequest request, StreamObserver<Grant> observer) {
            answer(
                    observer,
                    () -> {
                        Lun lun = require(request.getPool(), request.getLun());
                        Grant mine =
                                lun.getGrantsList().stream()
                                        .filter(grant -> grant.getNode().equals(request.getNode()))
                                        .findFirst()
                                        .orElse(never(request.getNode()));
                        if (mine.getEpoch() != request.getEpoch()) {
                            throw refusal(
                                    Status.ABORTED, "the pair is at epoch " + mine.getEpoch());
                        }
                        return switch (mine.getState()) {
                            case ACTIVE -> same(mine, request);
                            case REVOKED -> make(lun, request);
                            case REVOKING, STATE_UNSPECIFIED, UNRECOGNIZED ->
                                    throw refusal(
                                            Status.FAILED_PRECONDITION,
                                            "its revocation isn't finished");
                        };
                    });
        }

        private static Grant same(Grant mine, CreateGrantRequest request) {
            if (mine.getAccess() != request.getAccess()
                    || mine.getExclusive() != request.getExclusive()) {
                throw refusal(
                        Status.ALREADY_EXISTS,
                        "the node holds a grant with another access or exclusivity");
            }
            return mine;
        }

        private Grant make(Lun lun, CreateGrantRequest request) {
            boolean conflict =
                    lun.getGrantsList().stream()
                            .filter(other ->
                                    !other.getNode().equals(request.getNode()) && holds(other))
                            .anyMatch(other -> other.getExclusive() || request.getExclusive());
            if (conflict) {
                throw refusal(Status.FAILED_PRECONDITION, "another node holds a grant");
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
            grantsMade.add(request);
            replace(lun, List.of(made));
            return made;
        }

        @Override
        public void revokeGrant(
                RevokeGrantRequest request, StreamObserver<RevokeGrantResponse> observer) {
            answer(
                    observer,
                    () -> {
                        requirePool(request.getPool());
                        Lun lun = luns.get(request.getLun());
                        if (lun == null) {
                            return RevokeGrantResponse.getDefaultInstance();
                        }
                        var pairs = new ArrayList<>(lun.getGrantsList());
                        if (!request.getNode().isEmpty()
                                && pairs.stream()
                                        .noneMatch(
                                                pair -> pair.getNode().equals(request.getNode()))) {
                            pairs.add(never(request.getNode()));
                        }
                        List<Grant> fenced =
                                pairs.stream()
                                        .filter(pair ->
                                                request.getNode().isEmpty()
                                                        || pair.getNode().equals(request.getNode()))
                                        .map(this::fence)
                                        .toList();
                        replace(lun, fenced);
                        if (fenced.stream().anyMatch(FakeTarget::holds)) {
                            throw refusal(Status.DEADLINE_EXCEEDED, "the store is stuck");
                        }
                        return RevokeGrantResponse.newBuilder().addAllGrants(fenced).build();
                    });
        }

        /** Every revocation raises the epoch: a grant asked for before is too late then. */
        private Grant fence(Grant pair) {
            return pair.toBuilder()
                    .setEpoch(pair.getEpoch() + 1)
                    .setState(stuck && holds(pair) ? Grant.State.REVOKING : Grant.State.REVOKED)
                    .build();
        }

        private static Grant never(String node) {
            return Grant.newBuilder()
                    .setNode(node)
                    .setState(Grant.State.REVOKED)
                    .setEpoch(1)
                    .build();
        }

        private void replace(Lun lun, List<Grant> changed) {
            List<String> nodes = changed.stream().map(Grant::getNode).toList();
            var grants = new ArrayList<>(changed);
            lun.getGrantsList().stream()
                    .filter(grant -> !nodes.contains(grant.getNode()))
                    .forEach(grants::add);
            luns.put(lun.getLun(), lun.toBuilder().clearGrants().addAllGrants(grants).build());
        }
    }
}
