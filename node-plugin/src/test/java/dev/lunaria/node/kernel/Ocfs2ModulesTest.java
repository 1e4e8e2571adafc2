package dev.lunaria.node.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rule: OCFS2 is missing in most kernels, and a node says so before a pod waits for it. */
final class Ocfs2ModulesTest {
    @TempDir private Path root;

    @BeforeEach
    void kernel() throws IOException {
        write("proc/sys/kernel/osrelease", "6.1.0-44-amd64\n");
        write("proc/filesystems", "nodev\tsysfs\n\text4\n");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private static String dep(String module) {
        return "kernel/fs/ocfs2/" + module + ": kernel/fs/quota/quota_tree.ko\n";
    }

    @Test
    void aKernelWithoutModulesLacksBoth() {
        assertThat(new Ocfs2Modules(root).missing()).containsExactly("ocfs2", "ocfs2_stack_o2cb");
    }

    @Test
    void modulesThatCanBeLoadedAreEnough() throws IOException {
        write(
                "lib/modules/6.1.0-44-amd64/modules.dep",
                dep("ocfs2.ko") + dep("ocfs2_stack_o2cb.ko.xz"));
        assertThat(new Ocfs2Modules(root).missing()).isEmpty();
    }

    @Test
    void thoseOfAnotherKernelAreNot() throws IOException {
        write("lib/modules/5.10.0/modules.dep", dep("ocfs2.ko") + dep("ocfs2_stack_o2cb.ko"));
        assertThat(new Ocfs2Modules(root).missing()).hasSize(2);
    }

    @Test
    void theStackIsNamedWhereItAloneIsMissing() throws IOException {
        write(
                "lib/modules/6.1.0-44-amd64/modules.dep",
                dep("ocfs2.ko") + dep("ocfs2_stack_user.ko") + dep("ocfs2_stackglue.ko"));
        assertThat(new Ocfs2Modules(root).missing()).containsExactly("ocfs2_stack_o2cb");
    }

    @Test
    void whatIsPartOfTheKernelCounts() throws IOException {
        write(
                "lib/modules/6.1.0-44-amd64/modules.builtin",
                "kernel/fs/ocfs2/ocfs2.ko\nkernel/fs/ocfs2/ocfs2_stack_o2cb.ko\n");
        assertThat(new Ocfs2Modules(root).missing()).isEmpty();
    }

    @Test
    void whatIsThereWithoutAnyListCounts() throws IOException {
        write("proc/filesystems", "nodev\tsysfs\n\tocfs2\n");
        Files.createDirectories(root.resolve("sys/fs/o2cb"));
        assertThat(new Ocfs2Modules(root).missing()).isEmpty();
    }

    @Test
    void anotherFilesystemOfASimilarNameIsNone() throws IOException {
        write("proc/filesystems", "nodev\tocfs2_dlmfs\n");
        assertThat(new Ocfs2Modules(root).missing()).contains("ocfs2");
    }
}
