package dev.lunaria.controller.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Limits;
import dev.lunaria.controller.volume.NewLun;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mutual TLS with target servers: their StorageTarget's CA, or the controller's own. */
final class TargetConnectionsIT {

    private static final String CLUSTER = "test";

    @TempDir Path folder;

    private X509Bundle controllersCa;
    private X509Bundle targetsCa;
    private FakeTarget target;

    @BeforeEach
    void start() throws Exception {
        controllersCa = authority("controllers");
        targetsCa = authority("targets");
        target =
                new FakeTarget(
                        new Endpoint.Tcp("localhost", 0),
                        files("target", targetsCa, controllersCa),
                        CLUSTER);
    }

    @AfterEach
    void stop() {
        target.close();
    }

    private static X509Bundle authority(String name) throws Exception {
        return new CertificateBuilder()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
    }

    /** Of one issued by an authority, believing another's. */
    private TlsFiles files(String name, X509Bundle issuer, X509Bundle believed) throws Exception {
        X509Bundle own =
                new CertificateBuilder()
                        .subject("CN=" + name)
                        .addSanDnsName("localhost")
                        .buildIssuedBy(issuer);
        return new TlsFiles(
                Files.writeString(folder.resolve(name + "-ca.pem"), believed.getCertificatePEM()),
                Files.writeString(folder.resolve(name + ".pem"), own.getCertificatePathPEM()),
                Files.writeString(folder.resolve(name + ".key"), own.getPrivateKeyPEM()));
    }

    private StorageTarget document(String ca) {
        return new StorageTarget(
                target.pool(),
                target.endpoint().toString(),
                ca,
                List.of("127.0.0.1:3260"),
                Map.of(),
                100,
                false,
                false);
    }

    private Optional<TlsFiles> controller(X509Bundle issuer) throws Exception {
        return Optional.of(files("controller", issuer, controllersCa));
    }

    private void assertUnavailable(Optional<TlsFiles> tls, String ca, String words) {
        try (var connections = new TargetConnections(CLUSTER, tls.map(Tls::load))) {
            var failure =
                    catchThrowableOfType(
                            Failure.class, () -> connections.open(document(ca)).space());
            assertThat(failure.reason()).isEqualTo(Failure.Reason.UNAVAILABLE);
            assertThat(failure).hasMessageContaining(words);
        }
    }

    @Test
    void theAuthorityThatTheStorageTargetNamesIsBelieved() throws Exception {
        try (var connections =
                new TargetConnections(CLUSTER, controller(controllersCa).map(Tls::load))) {
            var pool = connections.open(document(targetsCa.getCertificatePEM()));

            assertThat(pool.space().clusterId()).isEqualTo(CLUSTER);
            assertThat(
                            pool.create(
                                            new NewLun(
                                                    UUID.randomUUID(),
                                                    "pvc-1",
                                                    4096,
                                                    Optional.empty(),
                                                    Limits.NONE))
                                    .name())
                    .isEqualTo("pvc-1");
        }
    }

    @Test
    void anotherAuthorityIsNot() throws Exception {
        assertUnavailable(controller(controllersCa), "", "doesn't answer");
        assertUnavailable(controller(targetsCa), targetsCa.getCertificatePEM(), "doesn't answer");
    }

    @Test
    void withoutTlsFilesTheWayOutIsNamed() {
        assertUnavailable(Optional.empty(), "", "needs TLS");
    }

    @Test
    void anAuthorityThatIsNoneIsSaidSo() throws Exception {
        assertUnavailable(
                controller(controllersCa), "no certificate", "no connection to the target server");
    }
}
