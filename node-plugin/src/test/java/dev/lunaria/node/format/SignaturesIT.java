package dev.lunaria.node.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What util-linux recognises, by the signatures themselves: no LVM, md or LUKS is installed. */
final class SignaturesIT {
    private static final long SIZE = 64L << 20;

    @TempDir Path folder;
    private Path volume = Path.of("/nowhere");

    @BeforeEach
    void makeVolume() throws IOException {
        assumeTrue(Files.exists(Path.of("/usr/sbin/wipefs")), "needs wipefs, of util-linux");
        volume = folder.resolve("volume");
        put(SIZE - 1, new byte[1]);
    }

    private void put(long offset, byte[] bytes) throws IOException {
        try (var data = new RandomAccessFile(volume.toFile(), "rw")) {
            data.seek(offset);
            data.write(bytes);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void nothingIsSaidToBeNothing() {
        assertThat(Signatures.describe(volume)).isEqualTo("nothing that is recognised");
    }

    @Test
    void aLuksHeaderIsNamedWithItsPlace() throws IOException {
        byte[] header = new byte[4096];
        System.arraycopy(ascii("LUKS\u0000\u0000"), 0, header, 0, 6);
        header[4] = (byte) 0xBA;
        header[5] = (byte) 0xBE;
        header[7] = 1;
        put(0, header);
        assertThat(Signatures.describe(volume)).isEqualTo("crypto_LUKS at byte 0");
    }

    @Test
    void severalAreAllNamed() throws IOException {
        new Ext4().make(volume, UUID.randomUUID(), () -> "");
        byte[] table = new byte[512];
        table[446] = 0;
        table[446 + 4] = (byte) 0x8E; // a partition for LVM
        table[446 + 8] = 1;
        table[446 + 12] = 100;
        table[510] = 0x55;
        table[511] = (byte) 0xAA;
        put(0, table);
        assertThat(Signatures.describe(volume)).contains("ext4 at byte 1080", "dos at byte 510");
    }

    @Test
    void aDeviceThatIsNotThereIsNoFailure() {
        assertThat(Signatures.describe(folder.resolve("nothing"))).contains("can't tell what");
    }
}
