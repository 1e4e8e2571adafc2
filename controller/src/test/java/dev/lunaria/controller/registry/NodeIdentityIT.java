package dev.lunaria.controller.registry;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.csi.CsiErrors;
import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.service.net.CallerCheck;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.GrpcServer;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import dev.lunaria.service.secret.Secret;
import io.grpc.Status;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that says by a token who it is speaks for itself alone, though all share a certificate.
 */
final class NodeIdentityIT {

    @TempDir Path folder;

    private FolderRegistry registry;
    private TlsFiles node;
    private GrpcServer server;

    @BeforeEach
    void start() throws Exception {
        X509Bundle authority =
                new CertificateBuilder()
                        .subject("CN=authority")
                        .setIsCertificateAuthority(true)
                        .buildSelfSigned();
        node = files("lunaria-node", authority);
        registry = FolderRegistry.open(folder.resolve("registry"));
        server =
                GrpcServer.on(new Endpoint.Tcp("localhost", 0))
                        .service(
                                new RegistryService(
                                        registry, "test", NodeLabels.NONE, new Random(1)))
                        .errors(new CsiErrors())
                        .tls(Tls.load(files("localhost", authority)))
                        .allowedPeers(Set.of("lunaria-node"))
                        .callers(NodeIdentityIT::check)
                        .stopWithin(Duration.ofSeconds(1))
                        .start();
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        registry.close();
    }

    private TlsFiles files(String host, X509Bundle issuer) throws Exception {
        X509Bundle own =
                new CertificateBuilder()
                        .subject("CN=" + host)
                        .addSanDnsName(host)
                        .buildIssuedBy(issuer);
        return new TlsFiles(
                Files.writeString(folder.resolve(host + "-ca.pem"), issuer.getCertificatePEM()),
                Files.writeString(folder.resolve(host + ".pem"), own.getCertificatePathPEM()),
                Files.writeString(folder.resolve(host + ".key"), own.getPrivateKeyPEM()));
    }

    /** Tokens "of-NODE" are good. */
    private static CallerCheck.Verdict check(Secret token) {
        String text = token.revealText();
        if (text.equals("later")) {
            return new CallerCheck.Verdict.Unchecked("nobody can be asked; repeat");
        }
        return text.startsWith("of-")
                ? new CallerCheck.Verdict.Known(text.substring("of-".length()))
                : new CallerCheck.Verdict.Refused("the token isn't good");
    }

    private GrpcChannel channel(Optional<String> token) throws Exception {
        Optional<Path> file =
                token.isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                Files.writeString(folder.resolve("token"), token.get() + "\n"));
        return GrpcChannel.open(server.endpoint(), Tls.load(node), file);
    }

    private static Node register(GrpcChannel channel, String name) {
        return RegistryGrpc.newBlockingStub(channel.channel())
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .registerNode(RegisterNodeRequest.newBuilder().setName(name).build());
    }

    @Test
    void aNodeRegistersItself() throws Exception {
        try (GrpcChannel channel = channel(Optional.of("of-mybox0"))) {
            assertThat(register(channel, "mybox0").getName()).isEqualTo("mybox0");
        }
    }

    @Test
    void aNodeThatCallsAsAnotherIsRefused() throws Exception {
        try (GrpcChannel channel = channel(Optional.of("of-mybox0"))) {
            assertRefused(
                    Status.Code.PERMISSION_DENIED,
                    "\"mybox0\" calls as node \"mybox1\"",
                    () -> register(channel, "mybox1"));
        }
        assertThat(registry.list(Kind.LUNARIA_NODE)).isEmpty();
    }

    @Test
    void aCallWithoutATokenIsRefused() throws Exception {
        try (GrpcChannel channel = channel(Optional.empty())) {
            assertRefused(
                    Status.Code.UNAUTHENTICATED,
                    "--registry-token",
                    () -> register(channel, "mybox0"));
        }
    }

    @Test
    void aTokenThatIsNotGoodIsRefusedAndOneThatCannotBeCheckedIsToBeRepeated() throws Exception {
        try (GrpcChannel channel = channel(Optional.of("stolen"))) {
            assertRefused(
                    Status.Code.UNAUTHENTICATED, "isn't good", () -> register(channel, "mybox0"));
        }
        try (GrpcChannel channel = channel(Optional.of("later"))) {
            assertRefused(Status.Code.UNAVAILABLE, "repeat", () -> register(channel, "mybox0"));
        }
    }

    /** kubelet writes a new one long before the old one ends. */
    @Test
    void theTokenIsReadWithEachCall() throws Exception {
        try (GrpcChannel channel = channel(Optional.of("expired"))) {
            assertRefused(
                    Status.Code.UNAUTHENTICATED, "isn't good", () -> register(channel, "mybox0"));
            Files.writeString(folder.resolve("token"), "of-mybox0");
            assertThat(register(channel, "mybox0").getName()).isEqualTo("mybox0");
            Files.delete(folder.resolve("token"));
            assertRefused(
                    Status.Code.UNAVAILABLE,
                    "cannot read the token",
                    () -> register(channel, "mybox0"));
        }
    }

    @Test
    void aTokenGoesOutOverTlsAlone() throws Exception {
        var socket = new Endpoint.Unix(folder.resolve("registry.sock"));
        Path token = Files.writeString(folder.resolve("token"), "of-mybox0");
        try (GrpcServer _ =
                        GrpcServer.on(socket)
                                .service(
                                        new RegistryService(
                                                registry, "test", NodeLabels.NONE, new Random(1)))
                                .start();
                GrpcChannel channel = GrpcChannel.open(socket, null, Optional.of(token))) {
            assertRefused(
                    Status.Code.UNAUTHENTICATED,
                    "over TLS alone",
                    () -> register(channel, "mybox0"));
        }
    }
}
