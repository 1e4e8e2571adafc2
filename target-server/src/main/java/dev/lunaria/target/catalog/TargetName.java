package dev.lunaria.target.catalog;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The iSCSI name of a LUN's target: one name for each LUN, which is LUN 0 behind it. Immutable.
 *
 * @param pool UUID in lower case
 * @param lun UUID in lower case
 */
public record TargetName(String pool, String lun) {

    private static final String PREFIX = "iqn.2026-11.dev.lunaria:";
    private static final Pattern NAME =
            Pattern.compile(Pattern.quote(PREFIX) + "([0-9a-f-]{36}):([0-9a-f-]{36})");

    /** Takes a name apart; empty where it isn't one of ours. */
    public static Optional<TargetName> parse(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches()
                ? Optional.of(new TargetName(matcher.group(1), matcher.group(2)))
                : Optional.empty();
    }

    /** As it goes over the wire. */
    @Override
    public String toString() {
        return PREFIX + pool + ":" + lun;
    }
}
