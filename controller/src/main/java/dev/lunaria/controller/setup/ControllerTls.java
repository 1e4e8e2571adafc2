package dev.lunaria.controller.setup;

import static dev.lunaria.controller.setup.CertificateSecrets.CA;
import static dev.lunaria.controller.setup.CertificateSecrets.CERTIFICATE;
import static dev.lunaria.controller.setup.CertificateSecrets.KEY;

import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Tls;
import dev.lunaria.service.net.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The controller's TLS from its Secret: through files that are gone when it is loaded. No state.
 */
final class ControllerTls {

    private static final Set<PosixFilePermission> OWNER =
            PosixFilePermissions.fromString("rw-------");

    private ControllerTls() {}

    /**
     * Loads it.
     *
     * @throws StartupException where the entries aren't usable
     */
    static Tls load(Map<String, String> entries) {
        Path folder = null;
        try {
            folder = Files.createTempDirectory("lunaria-tls"); // Of mode 0700.
            for (String name : List.of(CA, CERTIFICATE, KEY)) {
                Path file =
                        Files.createFile(
                                folder.resolve(name), PosixFilePermissions.asFileAttribute(OWNER));
                Files.writeString(file, entries.getOrDefault(name, ""));
            }
            return Tls.load(
                    new TlsFiles(
                            folder.resolve(CA), folder.resolve(CERTIFICATE), folder.resolve(KEY)));
        } catch (IOException e) {
            throw new StartupException(
                    "cannot write the controller's certificate to a temporary folder: "
                            + StartupException.reason(e),
                    e);
        } finally {
            if (folder != null) {
                remove(folder);
            }
        }
    }

    private static void remove(Path folder) {
        try {
            for (String name : List.of(CA, CERTIFICATE, KEY)) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw new StartupException(
                    "cannot remove the controller's certificate from "
                            + folder
                            + ", remove it by hand: "
                            + StartupException.reason(e),
                    e);
        }
    }
}
