package dev.lunaria.target.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The fake is as good as the real files, and forgets what it may forget. */
class CrashingFilesTest extends DurableFilesContract {

    private static final Path FILE = Path.of("file");

    @Override
    DurableFiles files() {
        return new CrashingFiles();
    }

    @Test
    void content_without_sync_may_be_old_new_part_or_rubbish() throws IOException {
        CrashingFiles files = new CrashingFiles();
        files.write(FILE, "old".getBytes(UTF_8));
        files.sync(FILE);
        files.syncFolder(Path.of(""));
        files.write(FILE, "new!".getBytes(UTF_8));
        Set<String> seen = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            seen.add(new String(files.afterCrash(new SplittableRandom(seed)).read(FILE), UTF_8));
        }
        assertThat(seen).contains("old", "new!", "ne", "", "\0\0\0\0");
    }

    @Test
    void a_name_without_folder_sync_may_be_there_or_not_and_a_rename_is_whole() throws IOException {
        CrashingFiles files = new CrashingFiles();
        files.write(FILE, "old".getBytes(UTF_8));
        files.sync(FILE);
        files.syncFolder(Path.of(""));
        files.write(Path.of("file.new"), "new".getBytes(UTF_8));
        files.sync(Path.of("file.new"));
        files.rename(Path.of("file.new"), FILE);
        Set<String> seen = new HashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            CrashingFiles after = files.afterCrash(new SplittableRandom(seed));
            seen.add(after.list(Path.of("")) + new String(after.read(FILE), UTF_8));
        }
        assertThat(seen).containsExactlyInAnyOrder("[file]old", "[file]new", "[file, file.new]old");
    }

    @Test
    void after_the_step_of_the_crash_nothing_happens() throws IOException {
        CrashingFiles files = new CrashingFiles();
        files.crashAt(1);
        files.createFolder(Path.of("folder"));
        assertThatThrownBy(() -> files.write(FILE, new byte[1]))
                .isInstanceOf(CrashingFiles.Crash.class);
        assertThatThrownBy(() -> files.remove(Path.of("folder")))
                .isInstanceOf(CrashingFiles.Crash.class);
        assertThat(files.list(Path.of(""))).containsExactly("folder");
    }
}
