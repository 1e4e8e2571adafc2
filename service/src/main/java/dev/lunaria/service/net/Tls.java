package dev.lunaria.service.net;

import dev.lunaria.service.cli.Reloadable;
import dev.lunaria.service.cli.StartupException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLException;

/**
 * One end's mutual TLS as it is now: servers and channels that were made with it use what was
 * loaded last for their next connection, while connections that stand go on.
 *
 * <p>Any thread uses it; one thread reloads. TLS 1.3; a server requires a certificate of its
 * clients, a client compares the server's name with the host it called.
 */
public final class Tls implements Reloadable {
    private static final List<String> PROTOCOLS = List.of("TLSv1.3");

    static {
        // A ticket would let a peer come back without showing its certificate, after the CA that
        // vouched for it was taken away. Connections live long: there is nothing to gain by them.
        System.setProperty("jdk.tls.server.newSessionTicketCount", "0");
    }

    private final TlsFiles files;
    private final AdvancedTlsX509KeyManager own = new AdvancedTlsX509KeyManager();
    private final AdvancedTlsX509TrustManager believed = trust();
    private TlsFiles.Stamp loaded;

    private Tls(TlsFiles files) {
        this.files = files;
        this.loaded = files.stamp();
    }

    /**
     * Loads the files.
     *
     * @throws StartupException where they can't be used
     */
    public static Tls load(TlsFiles files) {
        var tls = new Tls(files);
        tls.reload();
        return tls;
    }

    @Override
    public synchronized void reload() {
        loaded = files.stamp();
        TlsFiles.Contents contents = files.read();
        try {
            // The chain and the key are swapped as one, and only when all three files were good.
            believed.updateTrustCredentials(contents.authorities());
            own.updateIdentityCredentials(contents.chain(), contents.key());
        } catch (IOException | GeneralSecurityException e) {
            throw files.unusable(e);
        }
    }

    @Override
    public synchronized boolean hasChanged() {
        return !files.stamp().equals(loaded);
    }

    /** For a server. */
    SslContext forServer() {
        return build(
                GrpcSslContexts.configure(SslContextBuilder.forServer(own), SslProvider.JDK)
                        .clientAuth(ClientAuth.REQUIRE),
                believed);
    }

    /** For a client that believes the authorities of the files. */
    SslContext forClient() {
        return forClient(believed);
    }

    /**
     * For a client that believes other authorities, PEM.
     *
     * @throws StartupException where they can't be read
     */
    SslContext forClient(String authorities) {
        AdvancedTlsX509TrustManager others = trust();
        try (InputStream in =
                new ByteArrayInputStream(authorities.getBytes(StandardCharsets.US_ASCII))) {
            X509Certificate[] certificates = TlsFiles.certificates(in);
            others.updateTrustCredentials(certificates);
        } catch (IOException | GeneralSecurityException e) {
            throw new StartupException("the CA given isn't usable: " + e.getMessage(), e);
        }
        return forClient(others);
    }

    private SslContext forClient(AdvancedTlsX509TrustManager trust) {
        return build(
                GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                        .keyManager(own)
                        .endpointIdentificationAlgorithm("HTTPS"),
                trust);
    }

    private SslContext build(SslContextBuilder builder, AdvancedTlsX509TrustManager trust) {
        try {
            return builder.trustManager(trust).protocols(PROTOCOLS).build();
        } catch (SSLException | IllegalArgumentException e) {
            throw files.unusable(e);
        }
    }

    private static AdvancedTlsX509TrustManager trust() {
        try {
            return AdvancedTlsX509TrustManager.newBuilder()
                    .setVerification(Verification.CERTIFICATE_AND_HOST_NAME_VERIFICATION)
                    .build();
        } catch (CertificateException e) {
            throw new IllegalStateException("nothing was loaded that could be wrong", e);
        }
    }
}
