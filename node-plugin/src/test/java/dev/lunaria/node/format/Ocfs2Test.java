package dev.lunaria.node.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lunaria.node.failure.NodeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is decided without a kernel that has OCFS2: journals, the superblock, copies. */
final class Ocfs2Test {
    private static final UUID OWN = UUID.fromString("0c1d2e3f-aaaa-bbbb-cccc-0123456789ab");

    @TempDir private Path folder;

    private final Ocfs2 ocfs2 = new Ocfs2();

    /** As mkfs.ocfs2 1.8.7 writes it: the super block is the third block. */
    private Path device(UUID uuid) throws IOException {
        ByteBuffer disk = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        disk.put(8192, "OCFSV2".getBytes(StandardCharsets.US_ASCII));
        disk.putInt(8192 + 0x14, 262_144);
        disk.putInt(8192 + 0xC0 + 0x38, 12);
        disk.putInt(8192 + 0xC0 + 0x3C, 12);
        ByteBuffer id = ByteBuffer.allocate(16);
        id.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
        disk.put(8192 + 0xC0 + 0x90, id.array());
        return Files.write(folder.resolve("disk"), disk.array());
    }

    @Test
    void theSuperblockIsRead() throws Exception {
        assertThat(ocfs2.superblock(device(OWN))).contains(new Superblock(OWN, 1L << 30));
        assertThat(ocfs2.superblock(Files.write(folder.resolve("zeroes"), new byte[1 << 16])))
                .isEmpty();
    }

    /** Beside its original it would wait for the other's locks (traps-storage 21). */
    @Test
    void aCopyIsRefusedWithWhatToDo() throws Exception {
        assertThat(ocfs2.claim(device(OWN), OWN)).isEmpty();
        Path copy = device(UUID.randomUUID());
        assertThatExceptionOfType(NodeFailure.class)
                .isThrownBy(() -> ocfs2.claim(copy, OWN))
                .withMessageContaining("tunefs.ocfs2 -U " + OWN)
                .satisfies(e -> assertThat(e.kind()).isEqualTo(NodeFailure.Kind.PRECONDITION));
    }

    /** One for each slot: together an eighth of a small volume, and 512 MiB of a large one. */
    @ParameterizedTest
    @CsvSource({"256, 4", "512, 4", "1024, 8", "2048, 16", "4096, 32", "1048576, 32"})
    void journalsFitTheVolume(long volumeMib, long journalMib) {
        assertThat(Ocfs2.journalBytes(volumeMib << 20)).isEqualTo(journalMib << 20);
    }

    @Test
    void itDoesntGrow() {
        assertThatExceptionOfType(NodeFailure.class)
                .isThrownBy(() -> ocfs2.grow(Path.of("/dev/null"), Path.of("/")))
                .withMessageContaining("larger volume");
    }
}
