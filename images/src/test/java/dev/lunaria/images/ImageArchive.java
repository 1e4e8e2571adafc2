package dev.lunaria.images;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An image read back by the OCI image-spec, as an engine does. */
final class ImageArchive {
    private static final JsonMapper JSON = new JsonMapper();

    private final Map<String, byte[]> files = new LinkedHashMap<>();

    /**
     * What stands at a path of the image.
     *
     * @param content of a regular file, otherwise nothing
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Placed(TarArchiveEntry entry, byte[] content) {}

    /** Reads a whole archive. */
    ImageArchive(Path archive) throws IOException {
        try (var tar = new TarArchiveInputStream(Files.newInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                files.put(entry.getName(), tar.readAllBytes());
            }
        }
    }

    /** A document of the archive's top folder. */
    JsonNode document(String name) {
        return JSON.readTree(file(name));
    }

    /** The first manifest that the index names. */
    JsonNode manifest() {
        return JSON.readTree(blob(document("index.json").path("manifests").get(0)));
    }

    /** The configuration that the manifest names. */
    JsonNode config() {
        return JSON.readTree(blob(manifest().path("config")));
    }

    /** The digests of the layers, the lowest first. */
    List<String> layers() {
        return manifest()
                .path("layers")
                .valueStream()
                .map(layer -> layer.path("digest").asString())
                .toList();
    }

    /** The bytes that a descriptor names; its digest and size are those of the bytes. */
    byte[] blob(JsonNode descriptor) {
        String digest = descriptor.path("digest").asString();
        byte[] blob = file("blobs/" + digest.replace(':', '/'));
        if (!digest.equals("sha256:" + Digests.sha256(blob))
                || descriptor.path("size").asLong() != blob.length) {
            throw new IllegalStateException("other bytes than the descriptor says: " + descriptor);
        }
        return blob;
    }

    /** All files of all layers, those of upper layers over those of lower ones. */
    Map<String, Placed> contents() throws IOException {
        Map<String, Placed> contents = new TreeMap<>();
        for (JsonNode layer : manifest().path("layers")) {
            try (InputStream gzip = new GZIPInputStream(new ByteArrayInputStream(blob(layer)));
                    var tar = new TarArchiveInputStream(gzip)) {
                for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                    String path = entry.getName().replaceFirst("/$", "");
                    contents.put(path, new Placed(entry, tar.readAllBytes()));
                }
            }
        }
        return contents;
    }

    private byte[] file(String name) {
        byte[] file = files.get(name);
        if (file == null) {
            throw new IllegalStateException("the archive has no " + name);
        }
        return file;
    }
}
