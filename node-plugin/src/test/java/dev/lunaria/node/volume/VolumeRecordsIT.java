package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VolumeRecordsIT {
    private static final VolumeRecord RECORD =
            new VolumeRecord(
                    "pool/lun",
                    3,
                    UUID.randomUUID(),
                    Path.of("/staging"),
                    "/dev/loop3",
                    new Usage.Mount("ext4", List.of("noatime,discard", "context=\"a:c1,c2\"")),
                    true,
                    true,
                    Map.of(Path.of("/a"), true, Path.of("/b"), false));

    @TempDir Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        VolumeRecords records = VolumeRecords.open(folder);
        records.write(RECORD);
        assertThat(VolumeRecords.open(folder).read("pool/lun")).contains(RECORD);
        VolumeRecord block =
                new VolumeRecord(
                        "pool/lun",
                        4,
                        RECORD.identity(),
                        RECORD.stagingPath(),
                        "",
                        new Usage.Block(),
                        false,
                        false,
                        Map.of());
        records.write(block);
        assertThat(records.list()).containsExactly(block);
        records.delete("pool/lun");
        records.delete("pool/lun");
        assertThat(records.read("pool/lun")).isEmpty();
    }

    @Test
    void aVolumeIdIsNeverAPath() throws IOException {
        VolumeRecords records = VolumeRecords.open(folder);
        assertThat(records.read("../../../etc/passwd")).isEmpty();
        assertThat(records.read("x".repeat(1000))).isEmpty();
        records.delete("x".repeat(1000));
    }

    @Test
    void aRecordOfANewerVersionIsRefusedAtTheStart() throws IOException {
        VolumeRecords.open(folder).write(RECORD);
        Path file = folder.resolve("volumes/pool%2Flun.json");
        String text = Files.readString(file);
        Files.writeString(file, text.replaceFirst("\"version\" : 2", "\"version\" : 3"));
        assertThatThrownBy(() -> VolumeRecords.open(folder))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("version 3");
    }

    /** A plugin is replaced while volumes are staged. */
    @Test
    void aRecordOfVersion1IsRead() throws IOException {
        VolumeRecords.open(folder).write(RECORD);
        Path file = folder.resolve("volumes/pool%2Flun.json");
        String text = Files.readString(file).replaceFirst("\"version\" : 2", "\"version\" : 1");
        Files.writeString(
                file, text.replaceFirst("\"options\" : \\[[^]]*]", "\"options\" : \"ro,discard\""));
        assertThat(VolumeRecords.open(folder).read("pool/lun").orElseThrow().usage())
                .isEqualTo(new Usage.Mount("ext4", List.of("ro", "discard")));
    }

    @Test
    void aRecordThatCannotBeReadIsOneLine() throws IOException {
        VolumeRecords.open(folder).write(RECORD);
        Files.writeString(folder.resolve("volumes/pool%2Flun.json"), "{\"version\": 1");
        assertThatThrownBy(() -> VolumeRecords.open(folder))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("pool%2Flun.json");
    }

    @Test
    void whatACrashLeftHalfWrittenIsPassedOver() throws IOException {
        VolumeRecords records = VolumeRecords.open(folder);
        records.write(RECORD);
        Files.writeString(folder.resolve("volumes/.pool%2Flun.json.new"), "{");
        assertThat(VolumeRecords.open(folder).list()).containsExactly(RECORD);
    }
}
