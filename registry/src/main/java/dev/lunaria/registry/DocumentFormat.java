package dev.lunaria.registry;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * The YAML of documents: apiVersion, kind, metadata and spec, as a custom resource has them. Used
 * by any thread. Reads at most {@value #MAX_BYTES} bytes of one document.
 *
 * <p>What it doesn't know it refuses, in one line that names the file and the field: a document of
 * a newer version must not lose what this one can't keep.
 */
final class DocumentFormat {

    static final int MAX_BYTES = 1 << 20;

    private static final int VERSION_DIGITS = 16;
    private static final Set<String> TOP = Set.of("apiVersion", "kind", "metadata", "spec");
    private static final Set<String> METADATA = Set.of("name");

    private final SpecFormat specs = new SpecFormat();
    private final YAMLMapper yaml =
            YAMLMapper.builder(
                            YAMLFactory.builder()
                                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                                    .build())
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                    .enable(
                            YAMLWriteFeature.MINIMIZE_QUOTES,
                            YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .build();

    <S extends Spec> byte[] write(Kind<S> kind, String name, S spec) {
        var document = yaml.createObjectNode();
        document.put("apiVersion", Kind.API_VERSION).put("kind", kind.name());
        document.putObject("metadata").put("name", name);
        document.set("spec", specs.write(spec));
        return yaml.writeValueAsBytes(document);
    }

    /**
     * Reads what {@link #write} wrote, or a person did. {@code UNREADABLE} where it can't be
     * understood.
     */
    <S extends Spec> Document<S> read(Kind<S> kind, Path file, byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw unreadable(file, "it is larger than " + MAX_BYTES + " bytes");
        }
        try {
            JsonNode document = yaml.readTree(bytes);
            checkVersion(kind, file, document);
            onlyKnown(file, "", document, TOP);
            JsonNode metadata = document.path("metadata");
            onlyKnown(file, "metadata.", metadata, METADATA);
            String name = metadata.path("name").asString("");
            if (name.isEmpty()) {
                throw unreadable(file, "metadata.name is missing");
            }
            if (!document.path("spec").isObject()) {
                throw unreadable(file, "spec is missing");
            }
            return new Document<>(
                    name, version(bytes), specs.read(kind, document.path("spec"), file.toString()));
        } catch (JacksonException e) {
            throw unreadable(
                    file,
                    "line "
                            + e.getLocation().getLineNr()
                            + " isn't YAML: "
                            + SpecFormat.firstLine(e.getOriginalMessage()));
        }
    }

    private static void checkVersion(Kind<?> kind, Path file, JsonNode document) {
        String version = document.path("apiVersion").asString("");
        if (!version.equals(Kind.API_VERSION)) {
            throw unreadable(
                    file,
                    "its apiVersion is \""
                            + version
                            + "\", this program reads "
                            + Kind.API_VERSION
                            + " only");
        }
        String found = document.path("kind").asString("");
        if (!found.equals(kind.name())) {
            throw unreadable(file, "its kind is \"" + found + "\", not " + kind);
        }
    }

    private static void onlyKnown(Path file, String prefix, JsonNode object, Set<String> known) {
        for (String field : object.propertyNames()) {
            if (!known.contains(field)) {
                throw unreadable(file, "unknown field " + prefix + field);
            }
        }
    }

    private static RegistryException unreadable(Path file, String why) {
        return new RegistryException(RegistryException.Reason.UNREADABLE, file + ": " + why);
    }

    /** The same bytes are the same version: so documents that people wrote have one as well. */
    static String version(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest).substring(0, VERSION_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
