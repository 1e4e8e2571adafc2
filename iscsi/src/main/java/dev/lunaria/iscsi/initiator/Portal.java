package dev.lunaria.iscsi.initiator;

/**
 * A network portal of a target (RFC 7143 §4.1): where to connect.
 *
 * @param host IP address or host name, without brackets
 * @param port TCP port, 1 to 65535
 */
public record Portal(String host, int port) {

    /** The port that IANA assigned to iSCSI. */
    public static final int DEFAULT_PORT = 3260;

    public Portal {
        if (host.isEmpty() || port < 1 || port > 65535) {
            throw new IllegalArgumentException("not a portal: " + host + ", port " + port);
        }
    }

    /**
     * Reads "host", "host:port", "[v6]" or "[v6]:port".
     *
     * @throws IllegalArgumentException where it is none of them
     */
    public static Portal parse(String text) {
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            if (end < 0) {
                throw new IllegalArgumentException("not a portal: " + text);
            }
            return of(text, text.substring(1, end), text.substring(end + 1));
        }
        int colon = text.indexOf(':');
        return colon < 0
                ? of(text, text, "")
                : of(text, text.substring(0, colon), text.substring(colon));
    }

    private static Portal of(String text, String host, String colonAndPort) {
        if (colonAndPort.isEmpty()) {
            return new Portal(host, DEFAULT_PORT);
        }
        try {
            if (colonAndPort.charAt(0) == ':') {
                return new Portal(host, Integer.parseInt(colonAndPort.substring(1)));
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a portal: " + text, e);
        }
        throw new IllegalArgumentException("not a portal: " + text);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
