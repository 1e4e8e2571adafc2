package dev.lunaria.node.attach.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.secret.ChapSecretDerivation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionRecordsTest {
    private static final SessionRecord RECORD =
            new SessionRecord(
                    "iqn.2026-11.dev.lunaria:p:l",
                    List.of("10.0.0.1:3260", "[::1]:3260"),
                    "iqn.2026-11.dev.lunaria:node:a",
                    UUID.fromString("8228345e-a3c9-4f51-9414-f024586502cd"),
                    true,
                    "k1",
                    new ChapSecretDerivation.Grant("c", "p/l", "a", 4));

    @TempDir private Path folder;

    @Test
    void whatIsWrittenIsReadByTheNextProcess() throws IOException {
        SessionRecords.open(folder).write(RECORD);

        assertThat(SessionRecords.open(folder).list()).containsExactly(RECORD);
    }

    @Test
    void deletingMayBeRepeated() throws IOException {
        SessionRecords records = SessionRecords.open(folder);
        records.write(RECORD);

        records.delete("p/l");
        records.delete("p/l");

        assertThat(records.list()).isEmpty();
    }

    @Test
    void aRecordOfANewerVersionIsRefused() throws IOException {
        SessionRecords records = SessionRecords.open(folder);
        Files.writeString(folder.resolve("x.json"), "{\"version\": 2}");

        assertThatThrownBy(records::list)
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("version 2");
    }
}
