package dev.lunaria.node;

import dev.lunaria.service.net.Endpoint;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Whether this node's disk process listens. Stateless; answers at once, a Unix socket has no
 * network.
 */
final class DiskSocket {
    private DiskSocket() {}

    /** Null where it does, otherwise why not. */
    static @Nullable String problem(Endpoint.Unix socket) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(socket.path()));
            return null;
        } catch (IOException e) {
            return "nobody answers at %s: %s".formatted(socket, e.getMessage());
        }
    }
}
