package dev.lunaria.e2e.deaths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.deaths.Steps.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watching a folder changes nothing in it. */
class FolderStepsTest {
    private static final int FOLDERS = 2000;

    @TempDir Path root;

    @Test
    void a_folder_that_is_renamed_away_at_once_is_not_made_again() throws Exception {
        Path making = Files.createDirectory(root.resolve("making"));
        Path made = Files.createDirectory(root.resolve("made"));
        var last = new CountDownLatch(1);
        var steps = new Steps();
        try (FolderSteps folders = FolderSteps.start(root, steps)) {
            folders.add(making);
            for (int i = 0; i < FOLDERS; i++) {
                Path folder = Files.createDirectory(making.resolve("folder-" + i));
                Files.move(folder, made.resolve("folder-" + i));
            }
            steps.begin(new Step("making/last appears", 1), last::countDown);
            Files.createFile(making.resolve("last"));
            assertThat(last.await(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(making).isDirectoryContaining(path -> path.endsWith("last"));
        try (var entries = Files.list(making)) {
            assertThat(entries).hasSize(1);
        }
    }
}
