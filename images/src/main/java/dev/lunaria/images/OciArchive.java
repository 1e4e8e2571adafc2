package dev.lunaria.images;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An image in one file: an OCI layout in a tar (image-spec, image-layout.md), with the
 * manifest.json that {@code docker load} before version 25 looks for. Containerd, Podman, Skopeo
 * and Docker take it. Of one thread.
 */
final class OciArchive {
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
    private static final String BLOBS = "blobs/sha256/";

    private final JsonMapper json = new JsonMapper();
    private final ImageSpec spec;
    private final Architecture architecture;
    private final String reference;
    private final Instant time;

    /**
     * @param reference the image's whole name, "lunaria.dev/lunaria-target:0.1.0"
     * @param time when it was made, as it says
     */
    OciArchive(ImageSpec spec, Architecture architecture, String reference, Instant time) {
        this.spec = spec;
        this.architecture = architecture;
        this.reference = reference;
        this.time = time;
    }

    /**
     * Writes the file.
     *
     * @return the digest of the image's manifest, by which registries know it
     */
    String write(List<Layer> layers, Path file) throws IOException {
        byte[] config = bytes(config(layers));
        byte[] manifest = bytes(manifest(layers, config));
        Map<String, byte[]> documents = new LinkedHashMap<>();
        documents.put(
                "oci-layout", bytes(json.createObjectNode().put("imageLayoutVersion", "1.0.0")));
        documents.put("index.json", bytes(index(manifest)));
        documents.put("manifest.json", bytes(dockerManifest(layers, config)));
        documents.put(BLOBS + Digests.sha256(manifest), manifest);
        documents.put(BLOBS + Digests.sha256(config), config);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (var tar =
                new TarArchiveOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(part)),
                        StandardCharsets.UTF_8.name())) {
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            for (var document : documents.entrySet()) {
                tar.putArchiveEntry(entry(document.getKey(), document.getValue().length));
                tar.write(document.getValue());
                tar.closeArchiveEntry();
            }
            for (Layer layer : layers) {
                tar.putArchiveEntry(entry(BLOBS + layer.digest(), layer.bytes()));
                Files.copy(layer.blob(), tar);
                tar.closeArchiveEntry();
            }
        }
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        return Digests.sha256(manifest);
    }

    private TarArchiveEntry entry(String name, long bytes) {
        var entry = new TarArchiveEntry(name);
        entry.setSize(bytes);
        entry.setMode(0644);
        entry.setLastModifiedTime(FileTime.from(time));
        return entry;
    }

    private ObjectNode config(List<Layer> layers) {
        ObjectNode config = json.createObjectNode();
        config.put("created", time.toString());
        config.put("architecture", architecture.label());
        config.put("os", "linux");
        ObjectNode run = config.putObject("config");
        run.put("User", spec.user());
        run.putArray("Env")
                .add("PATH=/opt/lunaria/bin:" + JlinkedRuntime.HOME + "/bin:/usr/sbin:/usr/bin")
                .add("LUNARIA_JAVA_HOME=" + JlinkedRuntime.HOME)
                .add("LANG=C.UTF-8");
        run.putArray("Entrypoint").add("/opt/lunaria/bin/" + spec.programs().getFirst().name());
        run.putArray("Cmd").add("--help");
        run.put("WorkingDir", "/");
        run.put("StopSignal", "SIGTERM");
        run.putObject("Labels")
                .put("org.opencontainers.image.title", spec.name())
                .put("org.opencontainers.image.description", spec.description())
                .put(
                        "org.opencontainers.image.version",
                        reference.substring(reference.lastIndexOf(':') + 1));
        ObjectNode root = config.putObject("rootfs").put("type", "layers");
        ArrayNode diffIds = root.putArray("diff_ids");
        ArrayNode history = config.putArray("history");
        for (Layer layer : layers) {
            diffIds.add("sha256:" + layer.diffId());
            history.addObject()
                    .put("created", time.toString())
                    .put("created_by", "deploy/images/build: " + layer.title());
        }
        return config;
    }

    private ObjectNode manifest(List<Layer> layers, byte[] config) {
        ObjectNode manifest = json.createObjectNode();
        manifest.put("schemaVersion", 2);
        manifest.put("mediaType", MANIFEST);
        manifest.set("config", descriptor(CONFIG, Digests.sha256(config), config.length));
        ArrayNode described = manifest.putArray("layers");
        for (Layer layer : layers) {
            described.add(descriptor(LAYER, layer.digest(), layer.bytes()));
        }
        return manifest;
    }

    private ObjectNode index(byte[] manifest) {
        ObjectNode index = json.createObjectNode();
        index.put("schemaVersion", 2);
        index.put("mediaType", "application/vnd.oci.image.index.v1+json");
        ObjectNode described = descriptor(MANIFEST, Digests.sha256(manifest), manifest.length);
        described
                .putObject("platform")
                .put("architecture", architecture.label())
                .put("os", "linux");
        described
                .putObject("annotations")
                .put("io.containerd.image.name", reference)
                .put("org.opencontainers.image.ref.name", reference);
        index.putArray("manifests").add(described);
        return index;
    }

    private ArrayNode dockerManifest(List<Layer> layers, byte[] config) {
        ArrayNode all = json.createArrayNode();
        ObjectNode image = all.addObject().put("Config", BLOBS + Digests.sha256(config));
        image.putArray("RepoTags").add(reference);
        ArrayNode files = image.putArray("Layers");
        layers.forEach(layer -> files.add(BLOBS + layer.digest()));
        return all;
    }

    private ObjectNode descriptor(String type, String sha256, long bytes) {
        return json.createObjectNode()
                .put("mediaType", type)
                .put("digest", "sha256:" + sha256)
                .put("size", bytes);
    }

    private byte[] bytes(Object document) {
        return json.writeValueAsBytes(document);
    }
}
