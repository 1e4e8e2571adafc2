package dev.lunaria.node.attach;

/** What the target says is on a volume. Each answer carries the generation to compare and set. */
public sealed interface FormatState {
    /** Raised by every change. */
    long generation();

    /** Never written. */
    record Blank(long generation) implements FormatState {}

    /**
     * Somebody runs mkfs, or died over it.
     *
     * @param generation to compare and set
     * @param filesystem being made
     * @param mine whether this node's grant of this epoch owns it
     * @param ownerFenced whether the owner can't write any more
     * @param ownerNode its node
     */
    record Formatting(
            long generation, String filesystem, boolean mine, boolean ownerFenced, String ownerNode)
            implements FormatState {}

    /**
     * Holds data.
     *
     * @param generation to compare and set
     * @param filesystem that was made; empty where it was written without the protocol
     */
    record Ready(long generation, String filesystem) implements FormatState {}
}
