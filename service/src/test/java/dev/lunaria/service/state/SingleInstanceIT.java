package dev.lunaria.service.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SingleInstanceIT {
    @TempDir Path folder;

    @Test
    void aSecondInstanceIsRefusedAndToldWhoHoldsTheFolder() {
        try (SingleInstance first = SingleInstance.acquire(folder)) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> SingleInstance.acquire(folder))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("pid " + ProcessHandle.current().pid())
                    .hasMessageContaining(folder.toString());
        }
        SingleInstance.acquire(folder).close();
    }

    @Test
    void aLockFileThatADeadProcessLeftIsNoHindrance() throws IOException {
        Files.writeString(folder.resolve("lock"), "123456789\n");
        SingleInstance.acquire(folder).close();
        assertThat(folder.resolve("lock")).hasContent(ProcessHandle.current().pid() + "\n");
    }

    @Test
    void aStateFolderIsMadeForItsOwnerAlone() throws IOException {
        Path state = StateFolder.open(folder.resolve("a/b"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state)))
                .isEqualTo("rwx------");
        assertThat(StateFolder.open(state)).isEqualTo(state);
    }

    @Test
    void aStateFolderThatCannotBeIsOneLine() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> StateFolder.open(file))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("isn't writable");
        assertThatThrownBy(() -> StateFolder.open(Path.of("/proc/lunaria")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("/proc/lunaria");
    }
}
