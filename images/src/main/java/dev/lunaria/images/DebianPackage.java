package dev.lunaria.images;

import dev.lunaria.images.Node.Bytes;
import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.Link;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * A Debian package, deb(5): an ar archive with control.tar.xz and data.tar.xz. Immutable; its
 * scripts are never run.
 *
 * @param control the fields of its control file, deb-control(5)
 * @param stanza the control file as it is
 */
record DebianPackage(Path file, Map<String, String> control, String stanza) {
    private static final int OWNER_MAY_RUN = 0100;

    /** Reads what it says of itself. */
    static DebianPackage read(Path file) throws IOException, BuildFailure {
        try (TarArchiveInputStream tar = member(file, "control.tar.xz")) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (name(entry).equals("control")) {
                    String stanza = new String(tar.readAllBytes(), StandardCharsets.UTF_8);
                    return new DebianPackage(file, fields(stanza), stanza);
                }
            }
        }
        throw new BuildFailure(file + " has no control file");
    }

    /** The package's name. */
    String name() {
        return control.getOrDefault("Package", "");
    }

    /** Its version. */
    String version() {
        return control.getOrDefault("Version", "");
    }

    /** The source package, which security notices speak of. */
    String source() {
        return control.getOrDefault("Source", name()).replaceFirst(" .*", "");
    }

    /** Its files and links, of which a predicate on the path takes some. Never setuid. */
    Tree files(Predicate<String> taken) throws IOException, BuildFailure {
        var tree = new Tree();
        try (TarArchiveInputStream tar = member(file, "data.tar.xz")) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String path = name(entry);
                if (!entry.isDirectory() && taken.test(path)) {
                    tree.put(path, node(entry, tar));
                }
            }
        }
        return tree;
    }

    private static Node node(TarArchiveEntry entry, InputStream in)
            throws IOException, BuildFailure {
        if (entry.isSymbolicLink()) {
            return new Link(entry.getLinkName());
        }
        if (entry.isLink() || !entry.isFile()) {
            throw new BuildFailure("a hard link or special file in a package: " + entry.getName());
        }
        return new File(new Bytes(in.readAllBytes()), (entry.getMode() & OWNER_MAY_RUN) != 0);
    }

    private static String name(TarArchiveEntry entry) {
        return entry.getName().replaceFirst("^\\./", "");
    }

    private static TarArchiveInputStream member(Path file, String name)
            throws IOException, BuildFailure {
        var ar = new ArArchiveInputStream(new BufferedInputStream(Files.newInputStream(file)));
        for (var entry = ar.getNextEntry(); entry != null; entry = ar.getNextEntry()) {
            if (entry.getName().equals(name)) {
                return new TarArchiveInputStream(
                        XZCompressorInputStream.builder().setInputStream(ar).get());
            }
        }
        ar.close();
        throw new BuildFailure(file + " has no " + name);
    }

    private static Map<String, String> fields(String stanza) {
        Map<String, String> fields = new TreeMap<>();
        for (String line : stanza.split("\n", -1)) {
            int colon = line.indexOf(": ");
            if (colon > 0 && !line.startsWith(" ")) {
                fields.put(line.substring(0, colon), line.substring(colon + 2).strip());
            }
        }
        return Map.copyOf(fields);
    }
}
