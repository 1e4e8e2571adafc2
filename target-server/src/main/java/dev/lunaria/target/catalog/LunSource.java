package dev.lunaria.target.catalog;

/** What a LUN began as a copy of. Immutable. */
public sealed interface LunSource {

    /** A LUN of the same pool, as it was at the instant of the call. */
    record OfLun(String lun) implements LunSource {}

    /** A snapshot of the same pool. */
    record OfSnapshot(String snapshot) implements LunSource {}

    /**
     * An image file of the server.
     *
     * @param filesystem that is in it ("ext4"); empty: raw
     */
    record OfImage(String path, String filesystem) implements LunSource {}
}
