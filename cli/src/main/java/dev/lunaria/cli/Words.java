package dev.lunaria.cli;

import com.google.protobuf.Timestamp;
import dev.lunaria.proto.target.v1.FormatState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** Values as people read them in a table. Stateless. */
final class Words {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private Words() {}

    /** "40 GiB", "1.5 MiB". */
    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        String digits = String.format(Locale.ROOT, "%.1f", value);
        return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits)
                + " "
                + UNITS[unit];
    }

    /** To the second, UTC. */
    static String time(Timestamp time) {
        return time.getSeconds() == 0
                ? ""
                : Instant.ofEpochSecond(time.getSeconds())
                        .truncatedTo(ChronoUnit.SECONDS)
                        .toString();
    }

    /** "BLANK", "FORMATTING xfs by mybox0", "READY ext4". */
    static String format(FormatState format) {
        return switch (format.getState()) {
            case FORMATTING ->
                    "FORMATTING %s by %s".formatted(format.getFilesystem(), format.getOwnerNode());
            case READY ->
                    format.getFilesystem().isEmpty()
                            ? "READY raw"
                            : "READY " + format.getFilesystem();
            case BLANK -> "BLANK";
            case STATE_UNSPECIFIED, UNRECOGNIZED -> "?";
        };
    }

    /** An enum's constant without the prefix of the unspecified ones. */
    static String constant(Enum<?> constant) {
        return constant.name().endsWith("_UNSPECIFIED") ? "" : constant.name();
    }

    /** The first part of a UUID: enough for people to tell them apart. */
    static String brief(String uuid) {
        int dash = uuid.indexOf('-');
        return dash < 0 ? uuid : uuid.substring(0, dash);
    }
}
