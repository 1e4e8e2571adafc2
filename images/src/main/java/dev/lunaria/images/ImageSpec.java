package dev.lunaria.images;

import java.util.List;

/**
 * What an image is. Immutable.
 *
 * @param name "lunaria-target"
 * @param description for people
 * @param programs what is in it; the first is what it starts
 * @param user who runs it, as "user:group" by number
 * @param rootLayers the layers of the root filesystem, by their names in {@code contents}
 * @param budgetMegabytes what it may have at most, packed
 */
record ImageSpec(
        String name,
        String description,
        List<Program> programs,
        String user,
        List<String> rootLayers,
        int budgetMegabytes) {

    /**
     * A built program.
     *
     * @param name that of its start script
     * @param module the folder in which it is built
     */
    record Program(String name, String module) {}

    /** User and group lunaria of the image's passwd. */
    private static final String UNPRIVILEGED = "65532:65532";

    /** Mounts, loop devices and FUSE are root's. */
    private static final String ROOT = "0:0";

    private static final int BUDGET_MEGABYTES = 120;

    /** All images. */
    static List<ImageSpec> all() {
        return List.of(
                new ImageSpec(
                        "lunaria-target",
                        "Lunaria's target server: serves sparse files as iSCSI LUNs",
                        List.of(new Program("lunaria-target", "target-server")),
                        UNPRIVILEGED,
                        List.of("base"),
                        BUDGET_MEGABYTES),
                new ImageSpec(
                        "lunaria-controller",
                        "Lunaria's controller, and the administration program lunaria",
                        List.of(
                                new Program("lunaria-controller", "controller"),
                                new Program("lunaria", "cli")),
                        UNPRIVILEGED,
                        List.of("base"),
                        BUDGET_MEGABYTES),
                new ImageSpec(
                        "lunaria-node",
                        "Lunaria's node plugin and disk process, with the filesystems' tools",
                        List.of(new Program("lunaria-node", "node-plugin")),
                        ROOT,
                        List.of("base", "tools"),
                        BUDGET_MEGABYTES));
    }
}
