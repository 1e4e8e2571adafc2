package dev.lunaria.service.cli;

import dev.lunaria.service.net.Endpoint;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * What a setting's value may be, once it has its type; of a list, each of its values. Immutable.
 *
 * <p>A subcommand tells its bounds as {@link Bounded}; {@link Program} checks them and shows them.
 */
public sealed interface Bound {
    /** Ids of clusters, which become part of names: 1 to 63 of a-z, 0-9, - and . */
    Bound CLUSTER_ID =
            new Form(
                    Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?"),
                    "1 to 63 of a-z, 0-9, - and .");

    /** Names of nodes: DNS subdomains (RFC 1123), as Kubernetes has them. */
    Bound NODE_NAME =
            new Form(
                    Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"),
                    "a lower-case DNS name, as Kubernetes names nodes");

    /** How the bound reads behind "must be". */
    String words();

    /** Whether a value is within it. */
    boolean holds(Object value);

    /** A whole number, both ends included. */
    record Whole(long least, long most) implements Bound {
        @Override
        public String words() {
            return least + " to " + most;
        }

        @Override
        public boolean holds(Object value) {
            return value instanceof Number number
                    && number.longValue() >= least
                    && number.longValue() <= most;
        }
    }

    /** A duration, both ends included. */
    record Time(Duration least, Duration most) implements Bound {
        @Override
        public String words() {
            return Durations.format(least) + " to " + Durations.format(most);
        }

        @Override
        public boolean holds(Object value) {
            return value instanceof Duration time
                    && time.compareTo(least) >= 0
                    && time.compareTo(most) <= 0;
        }
    }

    /** A text of a form. */
    record Form(Pattern form, String words) implements Bound {
        @Override
        public boolean holds(Object value) {
            return form.matcher(value.toString()).matches();
        }
    }

    /** A Unix socket. */
    record UnixSocket() implements Bound {
        @Override
        public String words() {
            return "unix:///path";
        }

        @Override
        public boolean holds(Object value) {
            return value instanceof Endpoint.Unix;
        }
    }

    /** A TCP address. */
    record TcpAddress() implements Bound {
        @Override
        public String words() {
            return "host:port";
        }

        @Override
        public boolean holds(Object value) {
            return value instanceof Endpoint.Tcp;
        }
    }
}
