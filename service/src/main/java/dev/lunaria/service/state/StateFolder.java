package dev.lunaria.service.state;

import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The folder in which a program keeps its state. */
public final class StateFolder {
    private StateFolder() {}

    /**
     * Makes the folder with mode 0700 where it isn't there, and sees that it can be written to.
     *
     * @throws StartupException where it can't
     */
    public static Path open(Path folder) {
        try {
            if (!Files.isDirectory(folder)) {
                Path parent = folder.toAbsolutePath().getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                Files.createDirectory(
                        folder,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            }
            // isWritable lies to root on a read-only filesystem.
            Path probe = Files.createTempFile(folder, ".writable", "");
            Files.delete(probe);
        } catch (IOException e) {
            throw new StartupException(
                    "the state folder " + folder + " isn't writable: " + StartupException.reason(e),
                    e);
        }
        return folder.toAbsolutePath().normalize();
    }
}
