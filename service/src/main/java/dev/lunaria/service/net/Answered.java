package dev.lunaria.service.net;

import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;

/**
 * Tells a status that a server gave from one that gRPC made up where no server answered: both may
 * be UNAVAILABLE, and the first says why in its own words. No state.
 *
 * <p>Servers of before this version don't mark their statuses.
 */
public final class Answered {

    private static final Metadata.Key<String> MARK =
            Metadata.Key.of("lunaria-answered", Metadata.ASCII_STRING_MARSHALLER);

    private Answered() {}

    /** Marks what a server is about to say. */
    static void mark(Metadata trailers) {
        trailers.put(MARK, "1");
    }

    /** Whether the server itself said so. */
    public static boolean byServer(StatusRuntimeException e) {
        return e.getTrailers() != null && e.getTrailers().containsKey(MARK);
    }
}
