package dev.lunaria.service.net;

import dev.lunaria.service.cli.StartupException;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * PEM files of one end of a mutual TLS connection. Immutable.
 *
 * @param ca certificates of the authorities whose peers are believed
 * @param certificate own certificate, then the chain
 * @param key own private key, PKCS#8 without a password
 */
public record TlsFiles(Path ca, Path certificate, Path key) {
    private static final List<String> PROTOCOLS = List.of("TLSv1.3");

    /**
     * The files that the settings --tls-ca, --tls-certificate and --tls-key name; empty where none
     * is given.
     *
     * @throws StartupException where only some are given
     */
    public static Optional<TlsFiles> ofSettings(
            @Nullable Path ca, @Nullable Path certificate, @Nullable Path key) {
        if (ca == null && certificate == null && key == null) {
            return Optional.empty();
        }
        if (ca == null || certificate == null || key == null) {
            throw new StartupException(
                    "--tls-ca, --tls-certificate and --tls-key go together: give all three");
        }
        return Optional.of(new TlsFiles(ca, certificate, key));
    }

    /** For a server: TLS 1.3, a client certificate is required. */
    SslContext forServer() {
        return build(() ->
                GrpcSslContexts.configure(
                                SslContextBuilder.forServer(certificate.toFile(), key.toFile()),
                                SslProvider.JDK)
                        .clientAuth(ClientAuth.REQUIRE));
    }

    /** For a client: TLS 1.3, the server's name is compared with the endpoint's host. */
    SslContext forClient() {
        return build(() ->
                GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                        .keyManager(certificate.toFile(), key.toFile())
                        .endpointIdentificationAlgorithm("HTTPS"));
    }

    private interface Step {
        SslContextBuilder begin();
    }

    private SslContext build(Step step) {
        for (Path file : List.of(ca, certificate, key)) {
            if (!Files.isReadable(file)) {
                throw new StartupException("cannot read the TLS file " + file);
            }
        }
        try {
            return step.begin().trustManager(ca.toFile()).protocols(PROTOCOLS).build();
        } catch (SSLException | IllegalArgumentException e) {
            throw new StartupException(
                    "the TLS files %s, %s, %s aren't usable: %s"
                            .formatted(ca, certificate, key, e.getMessage()),
                    e);
        }
    }
}
