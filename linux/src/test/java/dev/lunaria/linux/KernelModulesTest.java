package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** modules.dep(5): which files are loaded for a module, and in which order. */
final class KernelModulesTest {
    @TempDir private Path folder;

    @BeforeEach
    void writesLists() throws IOException {
        Files.writeString(
                folder.resolve("modules.dep"),
                """
                kernel/scsi/scsi_mod.ko.xz: kernel/scsi/scsi_common.ko.xz
                kernel/scsi/iscsi_tcp.ko.xz: kernel/scsi/libiscsi.ko.xz kernel/scsi/scsi_mod.ko.xz kernel/scsi/scsi_common.ko.xz
                kernel/md/dm-multipath.ko:
                """);
        Files.writeString(folder.resolve("modules.builtin"), "kernel/drivers/scsi/sd_mod.ko\n");
    }

    @Test
    void whatAModuleNeedsComesFirst() throws IOException {
        assertThat(KernelModules.at(folder).filesOf("iscsi_tcp"))
                .containsExactly(
                        folder.resolve("kernel/scsi/scsi_common.ko.xz"),
                        folder.resolve("kernel/scsi/scsi_mod.ko.xz"),
                        folder.resolve("kernel/scsi/libiscsi.ko.xz"),
                        folder.resolve("kernel/scsi/iscsi_tcp.ko.xz"));
    }

    @Test
    void dashAndUnderscoreAreTheSameInAName() throws IOException {
        assertThat(KernelModules.at(folder).filesOf("dm_multipath"))
                .containsExactly(folder.resolve("kernel/md/dm-multipath.ko"));
    }

    @Test
    void whatIsBuiltInNeedsNoFile() throws IOException {
        assertThat(KernelModules.at(folder).filesOf("sd_mod")).isEmpty();
    }

    @Test
    void aMissingModuleIsNamed() throws IOException {
        KernelModules modules = KernelModules.at(folder);

        assertThatThrownBy(() -> modules.filesOf("ocfs2"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ocfs2")
                .hasMessageContaining("modules.dep");
    }

    @Test
    void aKernelWithoutModulesIsSaidSo(@TempDir Path empty) {
        assertThatThrownBy(() -> KernelModules.at(empty))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no kernel modules found");
    }
}
