package dev.lunaria.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FileNamesTest {

    @Test
    void aKubernetesNameStandsForItself() {
        assertThat(FileNames.of("pvc-0a1b.c")).isEqualTo("pvc-0a1b.c.yaml");
    }

    @Test
    void whatCouldLeaveTheFolderIsEscaped() {
        assertThat(FileNames.of("../a/b")).isEqualTo("%2E.%2Fa%2Fb.yaml");
        assertThat(FileNames.of("%2F")).isEqualTo("%252F.yaml");
        assertThat(FileNames.of("ü\0")).isEqualTo("%C3%BC%00.yaml");
    }

    @Test
    void aLongNameEndsInItsHashAndFitsAFileName() {
        String name = FileNames.of("月".repeat(128));

        assertThat(name).hasSize(FileNames.MAX_LENGTH + FileNames.SUFFIX.length());
        assertThat(name).isNotEqualTo(FileNames.of("月".repeat(127) + "星"));
    }
}
