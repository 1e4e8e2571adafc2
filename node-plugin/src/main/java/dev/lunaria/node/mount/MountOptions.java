package dev.lunaria.node.mount;

import dev.lunaria.linux.Mounts;
import dev.lunaria.node.failure.NodeFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Options of a mount. Immutable.
 *
 * @param flags MS_ flags of mount(2)
 * @param data the filesystem's own options, comma separated
 */
public record MountOptions(long flags, String data) {
    private static final Map<String, Long> FLAGS =
            Map.of(
                    "rw", 0L,
                    "ro", Mounts.MS_RDONLY,
                    "nosuid", Mounts.MS_NOSUID,
                    "nodev", Mounts.MS_NODEV,
                    "noexec", Mounts.MS_NOEXEC,
                    "noatime", Mounts.MS_NOATIME,
                    "lazytime", Mounts.MS_LAZYTIME,
                    "nodiratime", Mounts.MS_NODIRATIME,
                    "relatime", Mounts.MS_RELATIME);

    // As kubelet passes it where it labels by mount(8): quoted, as categories have commas.
    private static final Pattern SELINUX =
            Pattern.compile("context=(?:\"[A-Za-z0-9_.:,-]+\"|[A-Za-z0-9_.:-]+)");
    private static final Pattern OPTION = Pattern.compile("(?:[^,\"]|\"[^\"]*\")*");

    /**
     * Reads the mount flags of a volume capability; each may hold several, comma separated.
     *
     * @param allowed the filesystem's own options that may be asked for
     * @throws NodeFailure INVALID where one isn't allowed
     */
    public static MountOptions parse(List<String> mountFlags, Set<String> allowed) {
        long flags = 0;
        List<String> data = new ArrayList<>();
        for (String entry : mountFlags) {
            for (String option : split(entry)) {
                Long flag = FLAGS.get(option);
                if (flag != null) {
                    flags |= flag;
                } else if (allowed.contains(option) || SELINUX.matcher(option).matches()) {
                    data.add(option);
                } else {
                    throw NodeFailure.invalid(
                            "mount option '%s' isn't allowed; allowed are %s, %s and context="
                                    .formatted(
                                            option,
                                            FLAGS.keySet().stream().sorted().toList(),
                                            allowed.stream().sorted().toList()));
                }
            }
        }
        return new MountOptions(flags, String.join(",", data));
    }

    /** At commas, but for those in quotes. */
    private static List<String> split(String entry) {
        List<String> options = new ArrayList<>();
        Matcher matcher = OPTION.matcher(entry);
        int at = 0;
        while (true) {
            matcher.region(at, entry.length()).lookingAt();
            options.add(matcher.group());
            at = matcher.end();
            if (at == entry.length()) {
                return options;
            }
            if (entry.charAt(at) != ',') {
                throw NodeFailure.invalid(
                        "mount option '" + entry + "' has a quote without an end");
            }
            at++;
        }
    }

    /** Whether it is a read-only mount. */
    public boolean readOnly() {
        return (flags & Mounts.MS_RDONLY) != 0;
    }

    /** The same, with options of the filesystem before its own. */
    public MountOptions with(String moreData, boolean readOnly) {
        String joined =
                data.isEmpty() ? moreData : moreData.isEmpty() ? data : moreData + "," + data;
        return new MountOptions(readOnly ? flags | Mounts.MS_RDONLY : flags, joined);
    }
}
