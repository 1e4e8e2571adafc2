package dev.lunaria.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.images.Contents.TakePackage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** deploy/images/contents, and packages.lock beside it. */
class ContentsTest {
    private static final Path RECIPE = Path.of("../deploy/images");

    @TempDir Path folder;

    @Test
    void every_package_is_locked_for_both_processors() throws Exception {
        Contents contents = Contents.read(RECIPE.resolve("contents"));
        PackageLock lock = PackageLock.read(RECIPE.resolve("packages.lock"));

        for (String layer : List.of("base", "tools", "runtime")) {
            assertThat(contents.packages(layer)).as(layer).isNotEmpty();
            for (TakePackage line : contents.packages(layer)) {
                for (Architecture architecture : Architecture.values()) {
                    assertThat(lock.find(line.name(), architecture).sha256()).hasSize(64);
                }
            }
        }
        assertThat(lock.packages())
                .as("update-packages was run after the last package was taken out")
                .hasSize(
                        2
                                * (int)
                                        contents.lines().stream()
                                                .filter(TakePackage.class::isInstance)
                                                .count());
    }

    @Test
    void a_package_without_paths_gives_its_libraries_and_its_licence() {
        var libc = new TakePackage("base", "libc6", List.of());

        assertThat(libc.takes("usr/lib/x86_64-linux-gnu/libc.so.6", Architecture.AMD64)).isTrue();
        assertThat(libc.takes("usr/lib/x86_64-linux-gnu/libc.so.6", Architecture.ARM64)).isFalse();
        assertThat(libc.takes("usr/lib64/ld-linux-x86-64.so.2", Architecture.AMD64)).isTrue();
        assertThat(libc.takes("usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", Architecture.AMD64))
                .isFalse();
        assertThat(libc.takes("usr/share/doc/libc6/copyright", Architecture.AMD64)).isTrue();
    }

    @Test
    void a_line_that_is_not_understood_is_refused() throws Exception {
        Path file = Files.writeString(folder.resolve("contents"), "pakage base libc6\n");

        assertThatThrownBy(() -> Contents.read(file)).hasMessageContaining("pakage base libc6");
    }
}
