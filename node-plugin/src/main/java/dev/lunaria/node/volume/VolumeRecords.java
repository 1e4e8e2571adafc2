package dev.lunaria.node.volume;

import dev.lunaria.linux.FileControl;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.state.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The records of the volumes on this node: one JSON file each, in the state folder. For any thread;
 * callers hold the volume's lock. Every change is durable when it returns.
 */
public final class VolumeRecords {
    /** Version of the files' form; a newer one is refused at start. */
    static final int VERSION = 2;

    private static final String SUFFIX = ".json";
    private static final int MAX_FILE_NAME = 255;

    private final JsonMapper json = JsonMapper.builder().build();
    private final Path folder;

    private VolumeRecords(Path folder) {
        this.folder = folder;
    }

    /**
     * Opens the records in a state folder.
     *
     * @throws StartupException where the folder isn't writable, or a record is of a newer version
     */
    public static VolumeRecords open(Path stateFolder) {
        Path folder = stateFolder.resolve("volumes");
        try {
            Files.createDirectories(folder);
            var records = new VolumeRecords(folder);
            records.list();
            return records;
        } catch (IOException e) {
            throw new StartupException(
                    "cannot read the volumes' records in "
                            + folder
                            + ": "
                            + StartupException.reason(e),
                    e);
        }
    }

    /** The record of a volume, where there is one. */
    Optional<VolumeRecord> read(String volumeId) throws IOException {
        Path file = file(volumeId);
        return file == null ? Optional.empty() : read(file);
    }

    /** How many there are. */
    public int count() {
        try {
            return list().size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All records. */
    List<VolumeRecord> list() throws IOException {
        var records = new ArrayList<VolumeRecord>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(SUFFIX)).sorted().toList()) {
                read(file).ifPresent(records::add);
            }
        }
        return records;
    }

    /** Writes a record. */
    void write(VolumeRecord record) throws IOException {
        Path file = file(record.volumeId());
        if (file == null) {
            throw new IOException("the volume id is too long for a file name");
        }
        DurableFile.replace(
                file, json.writerWithDefaultPrettyPrinter().writeValueAsString(toJson(record)));
    }

    /** Removes a record, where there is one. */
    void delete(String volumeId) throws IOException {
        Path file = file(volumeId);
        if (file != null && Files.deleteIfExists(file)) {
            FileControl.fsyncFolder(folder);
        }
    }

    /** Null where no file can have the name, so there is no record. */
    private @Nullable Path file(String volumeId) {
        String name = URLEncoder.encode(volumeId, StandardCharsets.UTF_8) + SUFFIX;
        // With room for the temporary file's dot and suffix.
        return name.length() + 5 > MAX_FILE_NAME ? null : folder.resolve(name);
    }

    private Optional<VolumeRecord> read(Path file) throws IOException {
        try {
            return Optional.of(fromJson(json.readTree(Files.readString(file)), file));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException("the record " + file + " isn't readable: " + e.getMessage(), e);
        }
    }

    private ObjectNode toJson(VolumeRecord record) {
        ObjectNode root = json.createObjectNode();
        root.put("version", VERSION);
        root.put("volumeId", record.volumeId());
        root.put("epoch", record.epoch());
        root.put("identity", record.identity().toString());
        root.put("stagingPath", record.stagingPath().toString());
        root.put("device", record.device());
        switch (record.usage()) {
            case Usage.Mount mount -> {
                root.put("filesystem", mount.filesystem());
                ArrayNode options = root.putArray("options");
                mount.options().forEach(options::add);
            }
            case Usage.Block _ -> root.put("filesystem", "");
        }
        root.put("readOnly", record.readOnly());
        root.put("onePath", record.onePath());
        ObjectNode published = root.putObject("published");
        new TreeMap<>(record.published())
                .forEach((path, readOnly) -> published.put(path.toString(), readOnly));
        return root;
    }

    /** An array; in version 1 one text, with commas between them. */
    private static List<String> options(JsonNode node) {
        if (node.isArray()) {
            return node.valueStream().map(JsonNode::asString).toList();
        }
        String text = node.asString("");
        return text.isEmpty() ? List.of() : List.of(text.split(","));
    }

    private static VolumeRecord fromJson(JsonNode root, Path file) {
        int version = root.path("version").asInt(0);
        if (version > VERSION) {
            throw new StartupException(
                    "the record %s is of version %d, this program knows %d; run the newer program"
                            .formatted(file, version, VERSION));
        }
        String filesystem = root.required("filesystem").asString();
        Usage usage =
                filesystem.isEmpty()
                        ? new Usage.Block()
                        : new Usage.Mount(filesystem, options(root.path("options")));
        Map<Path, Boolean> published = new TreeMap<>();
        root.path("published")
                .properties()
                .forEach(entry ->
                        published.put(Path.of(entry.getKey()), entry.getValue().asBoolean()));
        return new VolumeRecord(
                root.required("volumeId").asString(),
                root.required("epoch").asLong(),
                UUID.fromString(root.required("identity").asString()),
                Path.of(root.required("stagingPath").asString()),
                root.required("device").asString(),
                usage,
                root.required("readOnly").asBoolean(),
                root.required("onePath").asBoolean(),
                published);
    }
}
