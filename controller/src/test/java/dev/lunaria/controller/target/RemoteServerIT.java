package dev.lunaria.controller.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.controller.certificate.Authorities;
import dev.lunaria.controller.certificate.CertificateMaker;
import dev.lunaria.controller.certificate.KeyedCertificate;
import dev.lunaria.controller.certificate.Pem;
import dev.lunaria.controller.certificate.Renewal;
import dev.lunaria.controller.certificate.Usage;
import dev.lunaria.controller.certificate.Wanted;
import dev.lunaria.controller.setup.ServedPools.Pool;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over TLS with the certificates that the set-up makes, each good for its own use alone. */
final class RemoteServerIT {

    @TempDir Path folder;

    private final Instant now = Instant.now();
    private final CertificateMaker maker = new CertificateMaker(new SecureRandom());
    private final Authorities authorities = Authorities.first(maker, now);
    private FakeTarget target;

    @BeforeEach
    void start() throws IOException {
        target =
                new FakeTarget(
                        new Endpoint.Tcp("localhost", 0), files("localhost", Usage.SERVER), "prod");
    }

    @AfterEach
    void stop() {
        target.close();
    }

    private TlsFiles files(String host, Usage... usages) throws IOException {
        KeyedCertificate one =
                new Renewal(maker)
                        .of(
                                Optional.empty(),
                                new Wanted(host, Set.of(usages), Duration.ofDays(90)),
                                authorities,
                                now);
        Path own = Files.createTempDirectory(folder, "tls");
        return new TlsFiles(
                Files.writeString(own.resolve("ca.crt"), Pem.certificates(authorities.believed())),
                Files.writeString(
                        own.resolve("tls.crt"), Pem.certificates(List.of(one.certificate()))),
                Files.writeString(own.resolve("tls.key"), Pem.key(one.key())));
    }

    private List<Pool> pools(TlsFiles files) {
        return new RemoteServer(Tls.load(files)).of(target.endpoint().tcp());
    }

    @Test
    void aServerSaysWhichPoolItServes() throws IOException {
        assertThat(pools(files("controller", Usage.SERVER, Usage.CLIENT)))
                .containsExactly(new Pool(target.pool(), "prod"));
    }

    @Test
    void aServersCertificateOpensNoOthersAdminApi() throws IOException {
        TlsFiles servers = files("localhost", Usage.SERVER);

        Failure failure = catchThrowableOfType(Failure.class, () -> pools(servers));

        assertThat(failure.reason()).isEqualTo(Failure.Reason.UNAVAILABLE);
    }

    @Test
    void whoDoesNotAnswerIsUnavailable() throws IOException {
        TlsFiles files = files("controller", Usage.CLIENT);
        Endpoint.Tcp gone = target.endpoint().tcp();
        target.close();

        Failure failure =
                catchThrowableOfType(
                        Failure.class, () -> new RemoteServer(Tls.load(files)).of(gone));

        assertThat(failure.reason()).isEqualTo(Failure.Reason.UNAVAILABLE);
        assertThat(failure).hasMessageContaining(gone.toString());
    }
}
