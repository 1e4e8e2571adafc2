package dev.lunaria.cli;

import com.google.protobuf.Timestamp;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetServerRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListLunsResponse;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.ListPoolsResponse;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.ListSessionsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.Portal;
import dev.lunaria.proto.target.v1.Server;
import dev.lunaria.proto.target.v1.ServersGrpc;
import dev.lunaria.proto.target.v1.Session;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcServer;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A target server of an older release: it has no snapshots. Two LUNs, a page each. */
final class FakeAdmin implements AutoCloseable {
    static final String POOL = "c34ea3d2-0000-4000-8000-000000000001";
    static final String WEB = "62f2cf8c-0000-4000-8000-000000000002";
    static final String DB = "76045552-0000-4000-8000-000000000003";

    private final GrpcServer server;

    FakeAdmin(Path socket) {
        server =
                GrpcServer.on(new Endpoint.Unix(socket))
                        .service(new Servers())
                        .service(new Pools())
                        .service(new Luns())
                        .service(new Sessions())
                        .stopWithin(Duration.ofSeconds(1))
                        .start();
    }

    @Override
    public void close() {
        server.close();
    }

    private static final Lun WEB_LUN =
            Lun.newBuilder()
                    .setPool(POOL)
                    .setLun(WEB)
                    .setName("pvc-web")
                    .setSizeBytes(40L << 30)
                    .setAllocatedBytes(3L << 19)
                    .setClusterId("prod")
                    .setTargetName("iqn.2026-11.dev.lunaria:" + POOL + ":" + WEB)
                    .setLogicalBlockBytes(512)
                    .setContent(Lun.Content.READY)
                    .setCreated(Timestamp.newBuilder().setSeconds(1_780_000_000))
                    .setFormat(
                            FormatState.newBuilder()
                                    .setState(FormatState.State.READY)
                                    .setFilesystem("ext4")
                                    .setGeneration(2)
                                    .setFormattingEntries(1))
                    .addGrants(
                            Grant.newBuilder()
                                    .setNode("mybox0")
                                    .setEpoch(2)
                                    .setState(Grant.State.REVOKED))
                    .addGrants(
                            Grant.newBuilder()
                                    .setNode("mybox1")
                                    .setEpoch(1)
                                    .setState(Grant.State.ACTIVE)
                                    .setAccess(Access.READ_WRITE)
                                    .setExclusive(true)
                                    .setKeyId("k1")
                                    .setInitiatorName("iqn.2026-11.dev.lunaria:prod:mybox1"))
                    .build();

    private static final Lun DB_LUN =
            Lun.newBuilder()
                    .setPool(POOL)
                    .setLun(DB)
                    .setName("pvc-db")
                    .setSizeBytes(1L << 30)
                    .setFormat(FormatState.newBuilder().setState(FormatState.State.BLANK))
                    .build();

    private static <A> void reply(StreamObserver<A> observer, A answer) {
        observer.onNext(answer);
        observer.onCompleted();
    }

    private static final class Servers extends ServersGrpc.ServersImplBase {
        @Override
        public void getServer(GetServerRequest request, StreamObserver<Server> observer) {
            reply(
                    observer,
                    Server.newBuilder()
                            .setVersion("0.0.9")
                            .setBootId("boot")
                            .addPools(POOL)
                            .addPortals(Portal.newBuilder().setAddress("10.0.0.5").setPort(3260))
                            .build());
        }
    }

    private static final class Pools extends PoolsGrpc.PoolsImplBase {
        @Override
        public void listPools(
                ListPoolsRequest request, StreamObserver<ListPoolsResponse> observer) {
            reply(
                    observer,
                    ListPoolsResponse.newBuilder()
                            .addPools(
                                    Pool.newBuilder()
                                            .setPool(POOL)
                                            .setClusterId("prod")
                                            .setTotalBytes(1L << 40)
                                            .setFreeBytes(1L << 39)
                                            .setProvisionedBytes(41L << 30)
                                            .setLuns(2))
                            .build());
        }
    }

    private static final class Luns extends LunsGrpc.LunsImplBase {
        @Override
        public void listLuns(ListLunsRequest request, StreamObserver<ListLunsResponse> observer) {
            reply(
                    observer,
                    request.getPageToken().isEmpty()
                            ? ListLunsResponse.newBuilder()
                                    .addLuns(WEB_LUN)
                                    .setNextPageToken("more")
                                    .build()
                            : ListLunsResponse.newBuilder().addLuns(DB_LUN).build());
        }

        @Override
        public void getLun(GetLunRequest request, StreamObserver<Lun> observer) {
            List.of(WEB_LUN, DB_LUN).stream()
                    .filter(lun -> lun.getLun().equals(request.getLun()))
                    .findFirst()
                    .ifPresentOrElse(
                            lun -> reply(observer, lun),
                            () ->
                                    observer.onError(
                                            Status.NOT_FOUND
                                                    .withDescription("no such LUN")
                                                    .asException()));
        }
    }

    private static final class Sessions extends SessionsGrpc.SessionsImplBase {
        @Override
        public void listSessions(
                ListSessionsRequest request, StreamObserver<ListSessionsResponse> observer) {
            reply(
                    observer,
                    ListSessionsResponse.newBuilder()
                            .addSessions(
                                    Session.newBuilder()
                                            .setPool(POOL)
                                            .setLun(WEB)
                                            .setNode("mybox1")
                                            .setEpoch(1)
                                            .setIsid("800001020304")
                                            .setTsih(7)
                                            .setPeer("10.0.0.11:40000")
                                            .setCommandsInFlight(3))
                            .build());
        }
    }
}
