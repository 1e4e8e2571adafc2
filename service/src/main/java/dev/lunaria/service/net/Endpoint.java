package dev.lunaria.service.net;

import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.StartupException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Where a gRPC server listens: a Unix socket or a TCP address. Immutable. */
public sealed interface Endpoint {
    /** Longest path that fits into a sockaddr_un, in bytes. */
    int MAX_UNIX_PATH_BYTES = 107;

    /**
     * A Unix socket.
     *
     * @param path absolute, at most {@link #MAX_UNIX_PATH_BYTES} bytes long
     */
    record Unix(Path path) implements Endpoint {
        public Unix {
            if (!path.isAbsolute()) {
                throw new IllegalArgumentException("socket path '" + path + "' must be absolute");
            }
            int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
            if (length > MAX_UNIX_PATH_BYTES) {
                throw new IllegalArgumentException(
                        "socket path '%s' has %d bytes; Linux takes at most %d"
                                .formatted(path, length, MAX_UNIX_PATH_BYTES));
            }
        }

        @Override
        public String toString() {
            return "unix://" + path;
        }
    }

    /**
     * A TCP address; always with mutual TLS.
     *
     * @param host name or IP address, an IPv6 address without brackets
     * @param port 0 (any, for a server) to 65535
     */
    record Tcp(String host, int port) implements Endpoint {
        public Tcp {
            if (host.isEmpty() || port < 0 || port > 65_535) {
                throw new IllegalArgumentException("'%s:%d' isn't host:port".formatted(host, port));
            }
        }

        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** The TCP address that it is; where it may be a socket, a {@link Bound} saw to that. */
    default Tcp tcp() {
        return switch (this) {
            case Tcp tcp -> tcp;
            case Unix unix -> throw new StartupException("host:port is needed here, not " + unix);
        };
    }

    /** The Unix socket that it is; where it may be an address, a {@link Bound} saw to that. */
    default Unix unix() {
        return switch (this) {
            case Unix unix -> unix;
            case Tcp tcp -> throw new StartupException("unix:///path is needed here, not " + tcp);
        };
    }

    /**
     * Parses {@code unix:///path}, {@code unix:/path}, {@code host:port} or {@code [ipv6]:port}.
     *
     * @throws IllegalArgumentException where it is none of these
     */
    static Endpoint parse(String text) {
        String stripped = text.strip();
        if (stripped.startsWith("unix://")) {
            return new Unix(Path.of(stripped.substring("unix://".length())).normalize());
        }
        if (stripped.startsWith("unix:")) {
            return new Unix(Path.of(stripped.substring("unix:".length())).normalize());
        }
        int colon = stripped.lastIndexOf(':');
        if (colon <= 0 || stripped.contains("/")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is neither unix:///path nor host:port");
        }
        String host = stripped.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.contains(":")) {
            throw new IllegalArgumentException(
                    "'" + text + "': an IPv6 address stands in brackets, [::1]:443");
        }
        try {
            return new Tcp(host, Integer.parseInt(stripped.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' has no port number", e);
        }
    }
}
