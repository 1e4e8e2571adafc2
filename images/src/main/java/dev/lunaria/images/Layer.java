package dev.lunaria.images;

import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.Folder;
import dev.lunaria.images.Node.Link;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A layer as a file, a tar packed by gzip (OCI image-spec, layer.md). Immutable.
 *
 * @param title what is in it, for people
 * @param blob the packed file
 * @param digest the SHA-256 of the packed file
 * @param diffId the SHA-256 of the tar inside
 * @param bytes the size of the packed file
 */
record Layer(String title, Path blob, String digest, String diffId, long bytes) {
    private static final int BUFFER_BYTES = 64 << 10;

    /**
     * Writes a tree's files in order, all of one time: the same tree gives the same bytes where the
     * same Java packs it.
     *
     * @param folder where the blob is put, named by its digest
     */
    static Layer write(String title, Tree tree, Instant time, Path folder) throws IOException {
        MessageDigest packed = Digests.sha256();
        MessageDigest unpacked = Digests.sha256();
        Path part = Files.createTempFile(folder, "layer", ".part");
        try (OutputStream file =
                        new BufferedOutputStream(Files.newOutputStream(part), BUFFER_BYTES);
                OutputStream gzip =
                        new GZIPOutputStream(new DigestOutputStream(file, packed), BUFFER_BYTES);
                var tar =
                        new TarArchiveOutputStream(
                                new DigestOutputStream(gzip, unpacked),
                                StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (var entry : tree.nodes().entrySet()) {
                write(tar, entry.getKey(), entry.getValue(), time);
            }
        }
        String digest = Digests.hex(packed);
        Path blob = folder.resolve(digest);
        Files.move(part, blob, StandardCopyOption.REPLACE_EXISTING);
        return new Layer(title, blob, digest, Digests.hex(unpacked), Files.size(blob));
    }

    private static void write(TarArchiveOutputStream tar, String path, Node node, Instant time)
            throws IOException {
        TarArchiveEntry entry =
                switch (node) {
                    case Folder folder -> {
                        var made = new TarArchiveEntry(path + "/");
                        made.setMode(folder.mode());
                        made.setIds(folder.owner(), folder.owner());
                        yield made;
                    }
                    case File file -> {
                        var made = new TarArchiveEntry(path);
                        made.setMode(file.mode());
                        made.setSize(file.content().size());
                        yield made;
                    }
                    case Link link -> {
                        var made = new TarArchiveEntry(path, TarConstants.LF_SYMLINK);
                        made.setLinkName(link.target());
                        made.setMode(0777);
                        yield made;
                    }
                };
        entry.setLastModifiedTime(FileTime.from(time));
        tar.putArchiveEntry(entry);
        if (node instanceof File file) {
            try (InputStream in = file.content().open()) {
                in.transferTo(tar);
            }
        }
        tar.closeArchiveEntry();
    }
}
