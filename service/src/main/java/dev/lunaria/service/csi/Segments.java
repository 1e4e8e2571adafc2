package dev.lunaria.service.csi;

import dev.lunaria.service.cli.Bound;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Topology segments of Lunaria's own: what a node reports of itself, and what a volume asks of a
 * node, the one place for both. Stateless.
 *
 * <p>Kubernetes makes labels of what a node reports, never takes them away, and refuses a plugin
 * that reports another value than the label has. So a segment is {@code "true"} or isn't there, and
 * never says "false".
 */
public final class Segments {
    /** Where a node plugin runs. Volumes ask for this one, as how it attaches may change. */
    public static final String NODE = "lunaria.dev/node";

    /** Where the kernel can mount OCFS2. */
    public static final String OCFS2 = "lunaria.dev/ocfs2";

    private static final String YES = "true";
    private static final String BACKEND = "lunaria.dev/backend-";
    private static final String NAME = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";

    /** Kubernetes' qualified names, without those above. */
    private static final String KEYS =
            "(?!lunaria\\.dev/)([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?" + NAME;

    /** What keys an administrator may use: labels of Kubernetes, and none of ours. */
    public static final Bound KEY =
            new Bound.Form(Pattern.compile(KEYS), "the key of a label, and none of lunaria.dev/");

    /** A key with its value. */
    public static final Bound GIVEN =
            new Bound.Form(
                    Pattern.compile(KEYS + "=" + NAME),
                    "KEY=VALUE as of a label, no KEY of lunaria.dev/");

    private Segments() {}

    /**
     * What a node reports.
     *
     * @param backend how it attaches volumes: {@code userspace}
     * @param ocfs2 whether its kernel can mount OCFS2
     */
    public static Map<String, String> ofNode(String backend, boolean ocfs2) {
        var segments = new TreeMap<>(Map.of(NODE, YES, BACKEND + backend, YES));
        if (ocfs2) {
            segments.put(OCFS2, YES);
        }
        return segments;
    }

    /**
     * What a volume asks of a node.
     *
     * @param filesystem what is or will be on it; empty: nothing, or it isn't known
     */
    public static Map<String, String> requiredFor(String filesystem) {
        return filesystem.equals("ocfs2") ? Map.of(NODE, YES, OCFS2, YES) : Map.of(NODE, YES);
    }
}
