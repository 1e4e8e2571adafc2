package dev.lunaria.service.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.proto.csi.v1.GetPluginInfoRequest;
import dev.lunaria.proto.csi.v1.IdentityGrpc;
import dev.lunaria.proto.csi.v1.ProbeRequest;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.CsiIdentity;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real sockets: Unix ones guarded by their mode, TCP by mutual TLS. */
final class GrpcServerIT {
    @TempDir Path folder;

    private static GrpcServer.Builder identityOn(Endpoint endpoint) {
        return GrpcServer.on(endpoint)
                .service(new CsiIdentity(() -> true))
                .stopWithin(Duration.ofSeconds(1));
    }

    private static String pluginName(GrpcChannel channel) {
        return IdentityGrpc.newBlockingStub(channel.channel())
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .getPluginInfo(GetPluginInfoRequest.getDefaultInstance())
                .getName();
    }

    private Endpoint.Unix socket() {
        return new Endpoint.Unix(folder.resolve("run/csi.sock"));
    }

    @Test
    void aUnixSocketHasMode0600AndGoesWithTheServer() throws IOException {
        try (GrpcServer server = identityOn(socket()).start();
                GrpcChannel channel = GrpcChannel.open(socket())) {
            assertThat(pluginName(channel)).isEqualTo("csi.lunaria.dev");
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(socket().path())))
                    .isEqualTo("rw-------");
            assertThat(server.endpoint()).isEqualTo(socket());
        }
        try (var left = Files.list(folder.resolve("run"))) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aStaleSocketIsReplaced() throws IOException {
        Files.createDirectories(socket().path().getParent());
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket().path()))
                .close();
        assertThat(socket().path()).exists();

        try (GrpcServer server = identityOn(socket()).start();
                GrpcChannel channel = GrpcChannel.open(socket())) {
            assertThat(server).isNotNull();
            assertThat(pluginName(channel)).isEqualTo("csi.lunaria.dev");
        }
    }

    @Test
    void aSocketOnWhichSomebodyAnswersIsRefused() {
        try (GrpcServer first = identityOn(socket()).start();
                GrpcChannel channel = GrpcChannel.open(socket())) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> identityOn(socket()).start())
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("another process listens");
            assertThat(pluginName(channel)).isEqualTo("csi.lunaria.dev");
        }
    }

    /** gRPC alone would wait a second before its next attempt, then longer and longer. */
    @Test
    void aClientIsBackAsSoonAsTheServerIs() {
        try (GrpcChannel channel = GrpcChannel.open(socket())) {
            for (int i = 0; i < 3; i++) {
                assertCode(channel, Status.Code.UNAVAILABLE);
            }
            try (GrpcServer server = identityOn(socket()).start()) {
                assertThat(server.endpoint()).isEqualTo(socket());
                long attempts = 0;
                boolean answered = false;
                long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
                while (!answered && System.nanoTime() < deadline) {
                    attempts++;
                    try {
                        answered = pluginName(channel).equals("csi.lunaria.dev");
                    } catch (StatusRuntimeException e) {
                        assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    }
                }
                assertThat(answered).as("answered after %d calls", attempts).isTrue();
            }
        }
    }

    @Test
    void aFileInTheWayIsRefusedAndKept() throws IOException {
        Files.createDirectories(socket().path().getParent());
        Files.writeString(socket().path(), "precious");
        assertThatThrownBy(() -> identityOn(socket()).start())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("isn't a socket");
        assertThat(socket().path()).hasContent("precious");
    }

    @Test
    void tcpWithoutTlsIsRefused() {
        var tcp = new Endpoint.Tcp("127.0.0.1", 0);
        assertThatThrownBy(() -> identityOn(tcp).start())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("TLS");
        assertThatThrownBy(() -> GrpcChannel.open(tcp, null))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("TLS");
    }

    @Test
    void aPortInUseIsOneLine() throws Exception {
        var pki = new Pki(folder);
        try (var taken = new ServerSocket(0)) {
            var tcp = new Endpoint.Tcp("0.0.0.0", taken.getLocalPort());
            assertThatThrownBy(() -> identityOn(tcp).tls(pki.tls("server", "localhost")).start())
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("cannot listen on " + tcp)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void mutualTlsLetsInOnlyNamesThatAreAllowed() throws Exception {
        var pki = new Pki(folder);
        try (GrpcServer server =
                identityOn(new Endpoint.Tcp("localhost", 0))
                        .tls(pki.tls("server", "localhost"))
                        .allowedPeers(Set.of("lunaria-controller"))
                        .start()) {
            try (GrpcChannel channel =
                    GrpcChannel.open(
                            server.endpoint(), pki.tls("controller", "lunaria-controller"))) {
                assertThat(pluginName(channel)).isEqualTo("csi.lunaria.dev");
            }
            try (GrpcChannel channel =
                    GrpcChannel.open(server.endpoint(), pki.tls("node", "lunaria-node"))) {
                assertCode(channel, Status.Code.PERMISSION_DENIED);
            }
        }
    }

    @Test
    void aClientOfAnotherAuthorityIsRefused() throws Exception {
        var pki = new Pki(folder);
        var other = new Pki(Files.createDirectory(folder.resolve("other")));
        TlsFiles stranger = other.files("stranger", "lunaria-controller");
        var mixed =
                new TlsFiles(
                        pki.files("server", "localhost").ca(),
                        stranger.certificate(),
                        stranger.key());
        try (GrpcServer server =
                        identityOn(new Endpoint.Tcp("localhost", 0))
                                .tls(pki.tls("server", "localhost"))
                                .start();
                GrpcChannel channel = GrpcChannel.open(server.endpoint(), Tls.load(mixed))) {
            assertCode(channel, Status.Code.UNAVAILABLE);
        }
    }

    @Test
    void exceptionsBecomeTheStatusesOfTheErrorMap() {
        var server =
                GrpcServer.on(socket())
                        .blockingService(
                                new CsiIdentity(() -> {
                                    throw new IllegalArgumentException("bad size; use 4096");
                                }),
                                1)
                        .errors(e ->
                                e instanceof IllegalArgumentException
                                        ? Status.INVALID_ARGUMENT.withDescription(e.getMessage())
                                        : null)
                        .start();
        try (server;
                GrpcChannel channel = GrpcChannel.open(socket())) {
            assertThatThrownBy(() -> probe(channel))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> {
                                assertThat(e.getStatus().getCode())
                                        .isEqualTo(Status.Code.INVALID_ARGUMENT);
                                assertThat(e.getStatus().getDescription())
                                        .isEqualTo("bad size; use 4096");
                            });
        }
    }

    @Test
    void anUnexpectedExceptionIsInternalAndNamesTheCall() {
        var server =
                GrpcServer.on(socket())
                        .service(
                                new CsiIdentity(() -> {
                                    throw new IllegalStateException("hidden detail");
                                }))
                        .start();
        try (server;
                GrpcChannel channel = GrpcChannel.open(socket())) {
            assertThatThrownBy(() -> probe(channel))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> {
                                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
                                assertThat(e.getStatus().getDescription())
                                        .contains("call")
                                        .doesNotContain("hidden");
                            });
        }
    }

    private static void probe(GrpcChannel channel) {
        IdentityGrpc.newBlockingStub(channel.channel())
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .probe(ProbeRequest.getDefaultInstance());
    }

    private static void assertCode(GrpcChannel channel, Status.Code code) {
        assertThatThrownBy(() -> probe(channel))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
    }

    /** Of a call's time, the part that it waited for another program is told by the caller. */
    @Test
    void callsAreTimedWhereTheyGoOutAndWhereTheyComeIn() {
        var meters = new SimpleMeterRegistry();
        try (GrpcServer server =
                        GrpcServer.on(socket())
                                .service(new CsiIdentity(() -> true))
                                .meters(meters)
                                .start();
                GrpcChannel channel = GrpcChannel.open(server.endpoint(), null, "", meters)) {
            probe(channel);
        }
        for (String side : List.of("grpc.server", "grpc.client")) {
            assertThat(
                            meters.get(side + ".processing.duration")
                                    .tag("method", "Probe")
                                    .tag("statusCode", "OK")
                                    .timer()
                                    .takeSnapshot()
                                    .histogramCounts())
                    .as(side)
                    .isNotEmpty();
        }
    }
}
