package dev.lunaria.target.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the catalog may rely on, of the real files as of the fake. */
abstract class DurableFilesContract {

    private static final Path ROOT = Path.of("");
    private static final Path FOLDER = Path.of("folder");
    private static final Path FILE = FOLDER.resolve("file");

    /** Files with nothing in them. */
    abstract DurableFiles files();

    @Test
    void what_is_written_is_read() throws IOException {
        DurableFiles files = files();
        files.createFolder(FOLDER);
        files.write(FILE, "one, longer".getBytes(UTF_8));
        files.write(FILE, "two".getBytes(UTF_8));
        files.sync(FILE);
        files.syncFolder(FOLDER);
        files.syncFolder(ROOT);
        assertThat(files.read(FILE)).asString(UTF_8).isEqualTo("two");
        assertThat(files.size(FILE)).isEqualTo(3);
    }

    @Test
    void a_folder_lists_its_names_in_order() throws IOException {
        DurableFiles files = files();
        files.createFolder(FOLDER);
        files.write(Path.of("b"), new byte[1]);
        files.write(Path.of("a"), new byte[1]);
        assertThat(files.list(ROOT)).containsExactly("a", "b", "folder");
        assertThat(files.list(FOLDER)).isEmpty();
        assertThat(files.exists(FOLDER)).isTrue();
        assertThat(files.exists(FILE)).isFalse();
    }

    @Test
    void what_is_not_there_is_said_to_be_missing() throws IOException {
        DurableFiles files = files();
        assertThatThrownBy(() -> files.read(FILE)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.list(FOLDER)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.size(FILE)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.remove(FILE)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.sync(FILE)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.syncFolder(FOLDER)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files.rename(FILE, FOLDER))
                .isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void a_sparse_file_has_its_size_at_once_and_a_name_only_once() throws IOException {
        DurableFiles files = files();
        long size = 40L << 30;
        files.createSparse(Path.of("data"), size);
        files.sync(Path.of("data"));
        assertThat(files.size(Path.of("data"))).isEqualTo(size);
        assertThatThrownBy(() -> files.createSparse(Path.of("data"), size))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> files.createFolder(Path.of("data")))
                .isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void a_file_is_extended_and_never_cut() throws IOException {
        DurableFiles files = files();
        files.write(FILE.getFileName(), "content".getBytes(UTF_8));
        files.extend(FILE.getFileName(), 1 << 20);
        files.extend(FILE.getFileName(), 4096);
        assertThat(files.size(FILE.getFileName())).isEqualTo(1 << 20);
        assertThatThrownBy(() -> files.extend(FILE, 1)).isInstanceOf(IOException.class);
    }

    @Test
    void a_rename_replaces_a_file_and_moves_a_folder_with_all_in_it() throws IOException {
        DurableFiles files = files();
        files.write(Path.of("old"), "old".getBytes(UTF_8));
        files.write(Path.of("new"), "new".getBytes(UTF_8));
        files.rename(Path.of("new"), Path.of("old"));
        assertThat(files.read(Path.of("old"))).asString(UTF_8).isEqualTo("new");
        assertThat(files.exists(Path.of("new"))).isFalse();

        files.createFolder(FOLDER);
        files.write(FILE, "in it".getBytes(UTF_8));
        files.createFolder(Path.of("home"));
        files.rename(FOLDER, Path.of("home", "moved"));
        assertThat(files.read(Path.of("home", "moved", "file"))).asString(UTF_8).isEqualTo("in it");
        assertThat(files.exists(FOLDER)).isFalse();
    }

    @Test
    void a_rename_does_not_replace_a_folder() throws IOException {
        DurableFiles files = files();
        files.createFolder(FOLDER);
        files.createFolder(Path.of("other"));
        assertThatThrownBy(() -> files.rename(Path.of("other"), FOLDER))
                .isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void only_an_empty_folder_is_removed() throws IOException {
        DurableFiles files = files();
        files.createFolder(FOLDER);
        files.write(FILE, new byte[0]);
        assertThatThrownBy(() -> files.remove(FOLDER)).isInstanceOf(FileSystemException.class);
        files.remove(FILE);
        files.remove(FOLDER);
        assertThat(files.exists(FOLDER)).isFalse();
    }
}
