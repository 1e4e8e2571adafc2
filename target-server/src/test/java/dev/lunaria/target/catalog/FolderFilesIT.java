package dev.lunaria.target.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The catalog's files in a real folder. */
class FolderFilesIT extends DurableFilesContract {

    @TempDir private Path folder;

    @Override
    DurableFiles files() {
        return new FolderFiles(folder);
    }

    @Test
    void only_the_owner_reads_them_for_grants_hold_secrets() throws IOException {
        DurableFiles files = files();
        files.createFolder(Path.of("folder"));
        files.write(Path.of("file"), new byte[1]);
        files.createSparse(Path.of("data"), 4096);
        assertThat(mode("folder")).isEqualTo("rwx------");
        assertThat(mode("file")).isEqualTo("rw-------");
        assertThat(mode("data")).isEqualTo("rw-------");
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
    }
}
