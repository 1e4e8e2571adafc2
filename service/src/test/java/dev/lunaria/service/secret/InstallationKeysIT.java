package dev.lunaria.service.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InstallationKeysIT {
    private static final String HEX = "00112233445566778899aabbccddeeff".repeat(2);

    @TempDir Path folder;

    private void file(String name, String content) throws IOException {
        Path file = Files.writeString(folder.resolve(name), content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private void assertRefused(String message) {
        assertThatThrownBy(() -> InstallationKeys.read(folder))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining(HEX);
    }

    @Test
    void aCreatedKeyIsRead() {
        Path keys = folder.resolve("keys");
        InstallationKeys.create(keys, "k1");
        InstallationKeys read = InstallationKeys.read(keys);
        assertThat(read.currentId()).isEqualTo("k1");
        assertThat(read.key("k1").orElseThrow().length()).isEqualTo(32);
        assertThat(read.key("k2")).isEmpty();
    }

    @Test
    void whileKeysRotateBothAreValidAndTheNewerIsCurrent() {
        InstallationKeys.create(folder, "k1");
        Secret first = InstallationKeys.read(folder).key("k1").orElseThrow();
        InstallationKeys.create(folder, "k2");
        InstallationKeys read = InstallationKeys.read(folder);
        assertThat(read.currentId()).isEqualTo("k2");
        assertThat(read.key("k1")).contains(first);
        assertThat(read.key("k2")).isPresent();
    }

    @Test
    void aKeyIsNeverOverwritten() {
        InstallationKeys.create(folder, "k1");
        assertThatThrownBy(() -> InstallationKeys.create(folder, "k1"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("already");
    }

    @Test
    void hexadecimalAndBase64AreTheSameKey() throws IOException {
        file("hex", HEX + "\n");
        file("base64", Base64.getEncoder().encodeToString(HexFormat.of().parseHex(HEX)));
        file("current", "hex\n");
        file("..data", "passed over, as in a mounted Kubernetes Secret");
        InstallationKeys read = InstallationKeys.read(folder);
        assertThat(read.key("hex")).isEqualTo(read.key("base64"));
        assertThat(read.toString()).contains("hex").doesNotContain(HEX);
    }

    @Test
    void aKeyOpenToOthersIsRefused() throws IOException {
        file("k1", HEX);
        Files.setPosixFilePermissions(
                folder.resolve("k1"), PosixFilePermissions.fromString("rw-r-----"));
        assertRefused("chmod 600");
    }

    /** Kubernetes mounts a Secret as root's, and for others only with a group that may read it. */
    @Test
    void anothersKeyMayBeReadableByTheGroupAndNoMore() {
        assertThat(isOpen("rw-r-----", false)).isFalse();
        assertThat(isOpen("r--r-----", false)).isFalse();
        assertThat(isOpen("rw-rw----", false)).isTrue();
        assertThat(isOpen("rw-r--r--", false)).isTrue();
        assertThat(isOpen("rw-------", true)).isFalse();
        assertThat(isOpen("rw-r-----", true)).isTrue();
    }

    private static boolean isOpen(String mode, boolean own) {
        return InstallationKeys.isOpen(PosixFilePermissions.fromString(mode), own);
    }

    @Test
    void whatIsNoKeyIsRefusedWithoutBeingPrinted() throws IOException {
        assertRefused("holds 0 keys");
        file("k1", HEX.substring(2));
        assertRefused("31 bytes");
        file("k1", "!" + HEX);
        assertRefused("neither hexadecimal nor Base64");
        file("k1", HEX);
        file("k2", HEX);
        assertRefused("no file 'current'");
        file("current", "k3");
        assertRefused("isn't there");
    }

    @Test
    void aMissingFolderIsRefused() {
        assertThatThrownBy(() -> InstallationKeys.read(folder.resolve("none")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("none");
    }
}
