package dev.lunaria.service.net;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.grpc.CallCredentials;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executor;

/**
 * Says with each call who calls, by a token in a file (RFC 6750 §2.1). Any thread. The file is read
 * anew for each call, as whoever made the token replaces it before it ends. It goes out over TLS
 * alone.
 */
final class BearerToken extends CallCredentials {
    static final Metadata.Key<String> HEADER =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    static final String PREFIX = "Bearer ";

    private final Path file;

    BearerToken(Path file) {
        this.file = file;
    }

    @Override
    public void applyRequestMetadata(RequestInfo call, Executor executor, MetadataApplier headers) {
        if (call.getSecurityLevel() != SecurityLevel.PRIVACY_AND_INTEGRITY) {
            headers.fail(
                    Status.UNAUTHENTICATED.withDescription(
                            "a token goes out over TLS alone; name host:port and TLS files"));
            return;
        }
        executor.execute(() -> {
            try {
                var with = new Metadata();
                with.put(HEADER, PREFIX + Files.readString(file, US_ASCII).strip());
                headers.apply(with);
            } catch (IOException e) {
                headers.fail(
                        Status.UNAVAILABLE
                                .withDescription("cannot read the token " + file)
                                .withCause(e));
            }
        });
    }
}
