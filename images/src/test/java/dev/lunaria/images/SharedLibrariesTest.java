package dev.lunaria.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.OnDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With a library of the JDK that runs the test. */
class SharedLibrariesTest {
    private static final Path LIBRARY = Path.of(System.getProperty("java.home"), "lib/libjava.so");

    @Test
    void the_libraries_that_a_file_needs_are_read() throws Exception {
        assertThat(ElfFile.needed(Files.readAllBytes(LIBRARY))).contains("libjvm.so", "libc.so.6");
        assertThat(ElfFile.needed(new byte[100])).isEmpty();
    }

    @Test
    void a_missing_one_is_named_with_who_needs_it() throws Exception {
        var tree = new Tree().put("usr/lib/libjava.so", new File(new OnDisk(LIBRARY), false));

        assertThatThrownBy(() -> SharedLibraries.check("image", List.of(tree)))
                .isInstanceOf(BuildFailure.class)
                .hasMessageContaining("libjvm.so for /usr/lib/libjava.so");

        for (String name : ElfFile.needed(Files.readAllBytes(LIBRARY))) {
            tree.putText("usr/lib/" + name, "");
        }
        SharedLibraries.check("image", List.of(tree));
    }
}
