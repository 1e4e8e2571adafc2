package dev.lunaria.target.catalog;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The narrow seam through which the catalog reaches its files; all paths are relative to one root.
 *
 * <p>Called from any thread; calls on the same path are serialised by the caller. Nothing is
 * durable before it is synchronised: a file's content by {@link #sync}, its name (and that of a
 * folder) by {@link #syncFolder} of the folder it is in. What was not, may or may not be there
 * after a crash, each change on its own and in any order; but a rename happens whole or not at all,
 * as every journalling filesystem has it.
 */
public interface DurableFiles {

    /**
     * The whole file.
     *
     * @throws java.nio.file.NoSuchFileException where there is none
     */
    byte[] read(Path file) throws IOException;

    /**
     * Names in a folder, sorted; {@code Path.of("")} is the root.
     *
     * @throws java.nio.file.NoSuchFileException where there is none
     */
    List<String> list(Path folder) throws IOException;

    /** Whether a file or folder of that name is there. */
    boolean exists(Path path);

    /**
     * Makes a folder.
     *
     * @throws java.nio.file.FileAlreadyExistsException where the name is taken
     */
    void createFolder(Path folder) throws IOException;

    /** Makes a file that only its owner may read, or replaces the content of the one there. */
    void write(Path file, byte[] content) throws IOException;

    /**
     * Makes a file of that many bytes, all a hole.
     *
     * @throws java.nio.file.FileAlreadyExistsException where the name is taken
     */
    void createSparse(Path file, long bytes) throws IOException;

    /**
     * Makes a file at least so long; what is added is a hole.
     *
     * @throws FileTooLongException where the filesystem has no files of that length
     */
    void extend(Path file, long bytes) throws IOException;

    /**
     * Makes a file that is there hold the same bytes as another, without copying them.
     *
     * @throws UnsupportedOperationException where the filesystem can't
     */
    void reflink(Path from, Path into) throws IOException;

    /** Length of a file in bytes. */
    long size(Path file) throws IOException;

    /** Makes a file's content and length durable. */
    void sync(Path file) throws IOException;

    /** Makes the names in a folder durable: creations, renames and removals. */
    void syncFolder(Path folder) throws IOException;

    /** Gives a file or folder another name, within one folder or across; replaces a file. */
    void rename(Path from, Path to) throws IOException;

    /**
     * Removes a file or an empty folder.
     *
     * @throws java.nio.file.NoSuchFileException where there is none
     */
    void remove(Path path) throws IOException;
}
