package dev.lunaria.node.mount;

import dev.lunaria.linux.Mounts;
import dev.lunaria.node.failure.NodeFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
                    "nodiratime", Mounts.MS_NODIRATIME,
                    "relatime", Mounts.MS_RELATIME);

    /** What a StorageClass may ask for: nothing that weakens what survives a power loss. */
    private static final Set<String> DATA =
            Set.of("discard", "nodiscard", "lazytime", "data=ordered", "data=journal", "barrier=1");

    /**
     * Reads the mount flags of a volume capability; each may hold several, comma separated.
     *
     * @throws NodeFailure INVALID where one isn't allowed
     */
    public static MountOptions parse(List<String> mountFlags) {
        long flags = 0;
        List<String> data = new ArrayList<>();
        for (String entry : mountFlags) {
            for (String option : entry.split(",", -1)) {
                Long flag = FLAGS.get(option);
                if (flag != null) {
                    flags |= flag;
                } else if (DATA.contains(option)) {
                    data.add(option);
                } else {
                    throw NodeFailure.invalid(
                            "mount option '%s' isn't allowed; allowed are %s and %s"
                                    .formatted(
                                            option,
                                            FLAGS.keySet().stream().sorted().toList(),
                                            DATA.stream().sorted().toList()));
                }
            }
        }
        return new MountOptions(flags, String.join(",", data));
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
