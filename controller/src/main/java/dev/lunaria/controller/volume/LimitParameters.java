package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.INVALID;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How limits are written in a StorageClass and in a VolumeAttributesClass. No state.
 *
 * <p>{@value #OPERATIONS}: reads, writes and flushes in a second. {@value #BYTES}: bytes read and
 * written in a second, also as {@code 100Mi} or {@code 2Gi}. Both are of all nodes together; 0: no
 * limit.
 */
public final class LimitParameters {

    public static final String OPERATIONS = "iopsLimit";
    public static final String BYTES = "bytesPerSecondLimit";

    /** Both. */
    static final Set<String> NAMES = Set.of(OPERATIONS, BYTES);

    /** Below this a filesystem would take minutes to mount; the target refuses it as well. */
    static final long LEAST_OPERATIONS = 10;

    /** A single command may carry so much, in bytes; the target refuses less as well. */
    static final long LEAST_BYTES = 1L << 20;

    private static final Pattern NUMBER = Pattern.compile("([0-9]{1,15})(Ki|Mi|Gi)?");

    private LimitParameters() {}

    /** {@code INVALID} for a parameter that isn't one of them, and for values that can't be. */
    public static LimitChanges ofMutable(Map<String, String> parameters) {
        var unknown = new TreeSet<>(parameters.keySet());
        unknown.removeAll(NAMES);
        if (!unknown.isEmpty()) {
            throw new Failure(
                    INVALID,
                    "unknown mutable parameters %s; there are %s. Correct the VolumeAttributesClass"
                            .formatted(unknown, new TreeSet<>(NAMES)));
        }
        return among(parameters);
    }

    /** Those that are among others. {@code INVALID} for values that can't be. */
    static LimitChanges among(Map<String, String> parameters) {
        return new LimitChanges(
                limit(parameters, OPERATIONS, LEAST_OPERATIONS),
                limit(parameters, BYTES, LEAST_BYTES));
    }

    private static OptionalLong limit(Map<String, String> parameters, String name, long least) {
        Optional<String> text = Optional.ofNullable(parameters.get(name));
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        Matcher number = NUMBER.matcher(text.get());
        boolean isNumber = number.matches() && (number.group(2) == null || name.equals(BYTES));
        long value = isNumber ? Long.parseLong(number.group(1)) * unit(number.group(2)) : -1;
        if (value < 0 || (value > 0 && value < least)) {
            throw new Failure(
                    INVALID,
                    "parameter \"%s\" is \"%s\"; set a whole number from %d on, or 0 for no limit"
                            .formatted(name, text.get(), least));
        }
        return OptionalLong.of(value);
    }

    private static long unit(@Nullable String suffix) {
        return switch (suffix) {
            case null -> 1;
            case "Ki" -> 1L << 10;
            case "Mi" -> 1L << 20;
            case "Gi" -> 1L << 30;
            default -> throw new IllegalArgumentException(suffix);
        };
    }
}
