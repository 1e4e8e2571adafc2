package dev.lunaria.node.cluster;

import java.io.IOException;
import java.util.List;

/**
 * The kernel's folder of o2cb clusters in configfs: items are folders, which come with their
 * attributes. For one thread at a time.
 *
 * <p>Paths are relative to that folder. All methods throw {@link IOException} with the kernel's
 * reason.
 */
interface ConfigTree {
    /** Names of the items in an item; empty where it isn't there. */
    List<String> items(String path) throws IOException;

    /** Makes an item; fine where it is there. */
    void make(String path) throws IOException;

    /**
     * Removes an item; fine where it isn't there.
     *
     * @throws IOException also where the kernel uses it
     */
    void remove(String path) throws IOException;

    /** What an attribute says, without its line feed. */
    String read(String path) throws IOException;

    /** Sets an attribute; the kernel may take it and leave the value as it is. */
    void write(String path, String value) throws IOException;
}
