package dev.lunaria.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The archive is an OCI layout: image-spec, image-layout.md, manifest.md, config.md. */
class OciArchiveTest {
    private static final Instant TIME = Instant.parse("2026-11-22T00:00:00Z");
    private static final String NAME = "lunaria.dev/lunaria-target:0.1.0";

    @TempDir Path folder;

    @Test
    void an_engine_finds_manifest_configuration_and_layers_by_their_digests() throws Exception {
        ImageSpec spec = ImageSpec.all().getFirst();
        Layer lower = Layer.write("lower", new Tree().putText("a", "1"), TIME, folder);
        Layer upper = Layer.write("upper", new Tree().putText("a", "2"), TIME, folder);
        Path file = folder.resolve("image.tar");

        String digest =
                new OciArchive(spec, Architecture.ARM64, NAME, TIME)
                        .write(List.of(lower, upper), file);

        var image = new ImageArchive(file);
        assertThat(image.document("oci-layout").path("imageLayoutVersion").asString())
                .isEqualTo("1.0.0");
        JsonNode described = image.document("index.json").path("manifests").get(0);
        assertThat(described.path("digest").asString()).isEqualTo("sha256:" + digest);
        assertThat(described.path("platform").path("architecture").asString()).isEqualTo("arm64");
        assertThat(described.path("annotations").path("io.containerd.image.name").asString())
                .isEqualTo(NAME);
        assertThat(image.layers())
                .containsExactly("sha256:" + lower.digest(), "sha256:" + upper.digest());
        assertThat(image.contents().values())
                .singleElement()
                .satisfies(placed -> assertThat(placed.content()).asString().isEqualTo("2"));
        assertThat(image.config().path("config").path("User").asString()).isEqualTo("65532:65532");
        assertThat(image.config().path("config").path("Entrypoint").get(0).asString())
                .isEqualTo("/opt/lunaria/bin/lunaria-target");
    }

    @Test
    void the_configuration_has_the_digests_of_the_unpacked_layers() throws Exception {
        Layer layer = Layer.write("layer", new Tree().putText("a", "1"), TIME, folder);
        Path file = folder.resolve("image.tar");
        new OciArchive(ImageSpec.all().getFirst(), Architecture.AMD64, NAME, TIME)
                .write(List.of(layer), file);

        var image = new ImageArchive(file);
        byte[] packed = image.blob(image.manifest().path("layers").get(0));
        byte[] unpacked = new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes();

        assertThat(image.config().path("rootfs").path("diff_ids").get(0).asString())
                .isEqualTo("sha256:" + Digests.sha256(unpacked));
    }

    @Test
    void an_old_docker_finds_the_same_image_by_manifest_json() throws Exception {
        Layer layer = Layer.write("layer", new Tree().putText("a", "1"), TIME, folder);
        Path file = folder.resolve("image.tar");
        new OciArchive(ImageSpec.all().getFirst(), Architecture.AMD64, NAME, TIME)
                .write(List.of(layer), file);

        var image = new ImageArchive(file);
        JsonNode docker = image.document("manifest.json").get(0);
        String config = image.manifest().path("config").path("digest").asString();

        assertThat(docker.path("RepoTags").get(0).asString()).isEqualTo(NAME);
        assertThat(docker.path("Config").asString()).isEqualTo("blobs/" + config.replace(':', '/'));
        assertThat(docker.path("Layers").get(0).asString())
                .isEqualTo("blobs/sha256/" + layer.digest());
    }
}
