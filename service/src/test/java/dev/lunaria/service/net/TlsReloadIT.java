package dev.lunaria.service.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.proto.csi.v1.GetPluginInfoRequest;
import dev.lunaria.proto.csi.v1.IdentityGrpc;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.csi.CsiIdentity;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.pkitesting.CertificateBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Certificates, keys and authorities change under a server and its clients that go on. */
final class TlsReloadIT {
    @TempDir Path folder;
    private Pki old;
    private Pki next;
    private TlsFiles serverFiles;
    private Tls server;

    @BeforeEach
    void authorities() throws Exception {
        old = new Pki(Files.createDirectory(folder.resolve("old")));
        next = new Pki(Files.createDirectory(folder.resolve("next")));
        serverFiles = old.files("server", "localhost");
        server = Tls.load(serverFiles);
    }

    private GrpcServer serve() {
        return GrpcServer.on(new Endpoint.Tcp("localhost", 0))
                .service(new CsiIdentity(() -> true))
                .tls(server)
                .stopWithin(Duration.ofSeconds(1))
                .start();
    }

    private void becomeNext() throws Exception {
        TlsFiles files = next.files("server", "localhost");
        copy(files.ca(), serverFiles.ca());
        copy(files.certificate(), serverFiles.certificate());
        copy(files.key(), serverFiles.key());
    }

    private static void copy(Path from, Path to) throws Exception {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void call(GrpcChannel channel) {
        var answer =
                IdentityGrpc.newBlockingStub(channel.channel())
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .getPluginInfo(GetPluginInfoRequest.getDefaultInstance());
        assertThat(answer.getName()).isEqualTo("csi.lunaria.dev");
    }

    private static void assertRefused(GrpcChannel channel) {
        assertThatThrownBy(() -> call(channel))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e ->
                                assertThat(e.getStatus().getCode())
                                        .isEqualTo(Status.Code.UNAVAILABLE));
    }

    @Test
    void newConnectionsGetTheNewCertificateAndOldOnesGoOn() throws Exception {
        Tls oldClient = old.tls("client", "client");
        server.reload(); // The client's files wrote the authority anew.
        try (GrpcServer running = serve();
                GrpcChannel before = GrpcChannel.open(running.endpoint(), oldClient)) {
            call(before);
            assertThat(server.hasChanged()).isFalse();

            becomeNext();
            assertThat(server.hasChanged()).isTrue();
            server.reload();
            assertThat(server.hasChanged()).isFalse();

            call(before);
            try (GrpcChannel after =
                            GrpcChannel.open(running.endpoint(), next.tls("client", "client"));
                    GrpcChannel late = GrpcChannel.open(running.endpoint(), oldClient)) {
                call(after);
                assertRefused(late);
            }
        }
    }

    /** Over the same channel, so that nothing of the earlier connection helps it. */
    @Test
    void aClientOfAnAuthorityThatWasTakenAwayCannotComeBack() throws Exception {
        TlsFiles clientFiles = old.files("client", "client");
        Files.writeString(clientFiles.ca(), old.pem() + next.pem());
        try (GrpcServer running = serve();
                GrpcChannel channel = GrpcChannel.open(running.endpoint(), Tls.load(clientFiles))) {
            call(channel);
            channel.channel().enterIdle();
            call(channel);

            becomeNext();
            server.reload();
            channel.channel().enterIdle();
            assertRefused(channel);
        }
    }

    @Test
    void aBrokenFileKeepsWhatWasLoaded() throws Exception {
        Tls client = old.tls("client", "client");
        try (GrpcServer running = serve()) {
            Files.writeString(serverFiles.certificate(), "no certificate");
            assertThatThrownBy(server::reload)
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining(serverFiles.certificate().toString());
            assertThat(server.hasChanged()).as("tried once for each version").isFalse();
            try (GrpcChannel channel = GrpcChannel.open(running.endpoint(), client)) {
                call(channel);
            }
        }
    }

    /** Two files can't be replaced at once: between the two the old pair stays. */
    @Test
    void aKeyThatIsNotTheCertificatesIsNotTakenOver() throws Exception {
        copy(next.files("server", "localhost").key(), serverFiles.key());

        assertThatThrownBy(server::reload)
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("isn't the certificate's");
    }

    @ParameterizedTest
    @EnumSource(names = {"rsa2048", "ecp384", "ed25519"})
    void everyUsualKindOfKeyIsRead(CertificateBuilder.Algorithm algorithm) throws Exception {
        TlsFiles files = old.files("server", "localhost", algorithm);
        server = Tls.load(files);
        try (GrpcServer running = serve();
                GrpcChannel channel =
                        GrpcChannel.open(running.endpoint(), old.tls("client", "client"))) {
            call(channel);
        }
    }
}
