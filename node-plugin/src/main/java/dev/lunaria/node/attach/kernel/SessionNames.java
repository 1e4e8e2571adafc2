package dev.lunaria.node.attach.kernel;

import java.util.OptionalLong;

/** How our sessions are told from others' in the kernel. Stateless. */
final class SessionNames {
    /** Commands to one disk at once. */
    static final int QUEUE_DEPTH = 32;

    /** Which of a node's sessions to a volume this is; part of the ISID. */
    static final String PATH = "kernel";

    private static final String PREFIX = "lunaria-";

    private SessionNames() {}

    /** The interface's name of a session: ours, and of which epoch. */
    static String of(long epoch) {
        return PREFIX + Long.toUnsignedString(epoch);
    }

    /** The epoch of a session, where it is ours. */
    static OptionalLong epoch(String interfaceName) {
        if (!interfaceName.startsWith(PREFIX)) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(
                    Long.parseUnsignedLong(interfaceName.substring(PREFIX.length())));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
