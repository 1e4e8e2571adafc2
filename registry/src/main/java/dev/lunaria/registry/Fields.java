package dev.lunaria.registry;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Checks of the fields that documents bring. No state. */
final class Fields {

    private static final Pattern HOST_AND_PORT =
            Pattern.compile("(\\[[0-9a-fA-F:.]{2,45}]|[A-Za-z0-9._-]{1,253}):([0-9]{1,5})");
    private static final int MAX_PORT = 65535;

    private Fields() {}

    static <T> T required(@Nullable T value, String field) {
        if (value == null || value.equals("")) {
            throw new IllegalArgumentException(field + " is missing");
        }
        return value;
    }

    static <T> List<T> list(@Nullable List<T> value) {
        return value == null ? List.of() : List.copyOf(value);
    }

    static Map<String, String> map(@Nullable Map<String, String> value) {
        return value == null ? Map.of() : Map.copyOf(value);
    }

    /** {@code host:port}, an IPv6 address in brackets. */
    static String hostAndPort(String value, String field) {
        var matcher = HOST_AND_PORT.matcher(value);
        if (!matcher.matches() || !isPort(Integer.parseInt(matcher.group(2)))) {
            throw new IllegalArgumentException(field + " is \"" + value + "\", not host:port");
        }
        return value;
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= MAX_PORT;
    }
}
