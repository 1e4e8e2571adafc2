package dev.lunaria.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The list of what an image is made of, CycloneDX 1.6: jars as the programs' builds list them, and
 * Debian packages. Of one thread. It names no time and no machine.
 */
final class Sbom {
    private static final String SHA_256 = "SHA-256";

    private final JsonMapper json =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    // By bom-ref: two programs bring the same library.
    private final Map<String, ObjectNode> components = new TreeMap<>();

    /**
     * Adds what a program's build lists, and the program.
     *
     * @param bom the list, written by cyclonedx-maven-plugin
     * @param ownJar the program's own jar, which the list doesn't hash
     */
    void addProgram(Path bom, Path ownJar) throws IOException, BuildFailure {
        if (!Files.exists(bom)) {
            throw new BuildFailure(bom + " isn't there: build with -Dlunaria.sbom.skip=false");
        }
        JsonNode list = json.readTree(bom.toFile());
        ObjectNode program = (ObjectNode) list.path("metadata").path("component").deepCopy();
        program.put("type", "application");
        program.putArray("hashes").add(hash(Digests.sha256(ownJar)));
        components.put(program.path("bom-ref").asString(), program);
        for (JsonNode listed : list.path("components")) {
            ObjectNode component = (ObjectNode) listed.deepCopy();
            ArrayNode hashes = component.withArray("hashes");
            for (int i = hashes.size() - 1; i >= 0; i--) {
                if (!hashes.get(i).path("alg").asString().equals(SHA_256)) {
                    hashes.remove(i);
                }
            }
            components.put(component.path("bom-ref").asString(), component);
        }
    }

    /** Adds a Debian package. */
    void addPackage(DebianPackage debian, String distribution) throws IOException {
        String architecture = debian.control().getOrDefault("Architecture", "");
        String purl =
                "pkg:deb/debian/%s@%s?arch=%s&distro=%s"
                        .formatted(
                                debian.name().replace("+", "%2B"),
                                debian.version().replace("+", "%2B").replace(":", "%3A"),
                                architecture,
                                distribution);
        ObjectNode component = json.createObjectNode();
        component.put("type", "library");
        component.put("bom-ref", purl);
        component.put("name", debian.name());
        component.put("version", debian.version());
        component.put("purl", purl);
        component.putArray("hashes").add(hash(Digests.sha256(debian.file())));
        component
                .putArray("properties")
                .addObject()
                .put("name", "debian:source")
                .put("value", debian.source());
        components.put(purl, component);
    }

    /**
     * Says of each jar where in the image it is.
     *
     * @param jars their paths in the image, and the files
     * @throws BuildFailure where one isn't listed
     */
    void locate(Map<String, Path> jars) throws IOException, BuildFailure {
        for (var jar : jars.entrySet()) {
            String sha256 = Digests.sha256(jar.getValue());
            ObjectNode component = find(components.values(), sha256);
            if (component == null) {
                throw new BuildFailure(
                        "the SBOM doesn't list %s; build all programs anew"
                                .formatted(jar.getKey()));
            }
            component
                    .withObject("evidence")
                    .withArray("occurrences")
                    .addObject()
                    .put("location", "/" + jar.getKey());
        }
    }

    private static @Nullable ObjectNode find(Collection<ObjectNode> among, String sha256) {
        for (ObjectNode component : among) {
            for (JsonNode hash : component.path("hashes")) {
                if (hash.path("content").asString().equals(sha256)) {
                    return component;
                }
            }
        }
        return null;
    }

    /** The document. */
    String document(ImageSpec spec, String version) {
        ObjectNode document = json.createObjectNode();
        document.put("bomFormat", "CycloneDX");
        document.put("specVersion", "1.6");
        document.put("version", 1);
        document.putObject("metadata")
                .putObject("component")
                .put("type", "container")
                .put("bom-ref", spec.name())
                .put("name", spec.name())
                .put("version", version)
                .put("description", spec.description());
        ArrayNode all = document.putArray("components");
        components.values().forEach(all::add);
        return json.writeValueAsString(document) + "\n";
    }

    private ObjectNode hash(String sha256) {
        return json.createObjectNode().put("alg", SHA_256).put("content", sha256);
    }
}
