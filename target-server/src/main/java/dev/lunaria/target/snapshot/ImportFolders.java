package dev.lunaria.target.snapshot;

import dev.lunaria.linux.Descriptor;
import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileIo;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.OpenFlags;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Where image files may be imported from; nowhere, if nothing is configured. Immutable: any thread
 * that may block.
 *
 * <p>A path is resolved first, and then opened without following any symbolic link: so none leads
 * out of the folders, also not one that is put there in between.
 */
public final class ImportFolders {

    /** Nothing can be imported. */
    public static final ImportFolders NONE = new ImportFolders(List.of());

    private final List<Path> folders;

    /** Folders that are there, resolved. */
    private ImportFolders(List<Path> folders) {
        this.folders = folders;
    }

    /**
     * Of folders that are there.
     *
     * @throws IOException where one isn't
     */
    public static ImportFolders of(List<Path> folders) throws IOException {
        List<Path> resolved = new ArrayList<>();
        for (Path folder : folders) {
            resolved.add(folder.toRealPath());
        }
        return new ImportFolders(List.copyOf(resolved));
    }

    /**
     * Opens an image for reading.
     *
     * @throws RefusedException INVALID: no absolute path, or no file with bytes in it; FORBIDDEN:
     *     outside of the folders; NOT_FOUND
     */
    Descriptor open(String image) throws RefusedException, IOException {
        Path real = resolve(image);
        if (folders.stream().noneMatch(real::startsWith)) {
            throw new RefusedException(
                    Reason.FORBIDDEN,
                    folders.isEmpty()
                            ? "this target server has no import folder: set --import-folder"
                            : "%s lies outside of the import folders %s".formatted(image, folders));
        }
        Descriptor file;
        try {
            file =
                    FileIo.openResolving(
                            real,
                            OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK,
                            0,
                            OpenFlags.RESOLVE_NO_SYMLINKS);
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ELOOP)) {
                throw missing(image);
            }
            throw e;
        }
        FileStatus status = FileStatus.of(file);
        if (!status.isRegularFile() || status.sizeBytes() == 0) {
            file.close();
            throw new RefusedException(Reason.INVALID, image + " is no file with an image in it");
        }
        return file;
    }

    private static Path resolve(String image) throws RefusedException, IOException {
        try {
            Path path = Path.of(image);
            if (!path.isAbsolute()) {
                throw new RefusedException(Reason.INVALID, "image must be an absolute path");
            }
            return path.toRealPath();
        } catch (InvalidPathException e) {
            throw new RefusedException(Reason.INVALID, "image must be an absolute path");
        } catch (NoSuchFileException e) {
            throw missing(image);
        }
    }

    private static RefusedException missing(String image) {
        return new RefusedException(Reason.NOT_FOUND, "there is no image " + image);
    }
}
