package dev.lunaria.node.attach.kernel;

import dev.lunaria.linux.FileControl;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.state.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The records of the kernel's sessions that are this node's: one JSON file a volume. For any
 * thread; callers hold the volume's lock. Every change is durable when it returns.
 */
final class SessionRecords {
    /** Version of the files' form; a newer one is refused at start. */
    static final int VERSION = 1;

    private static final String SUFFIX = ".json";

    private final JsonMapper json = JsonMapper.builder().build();
    private final Path folder;

    private SessionRecords(Path folder) {
        this.folder = folder;
    }

    /** Opens the records in a folder, which is made where it isn't there. */
    static SessionRecords open(Path folder) throws IOException {
        Files.createDirectories(folder);
        return new SessionRecords(folder);
    }

    /**
     * All of them.
     *
     * @throws StartupException where one is of a newer version
     */
    List<SessionRecord> list() throws IOException {
        var records = new ArrayList<SessionRecord>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(SUFFIX)).sorted().toList()) {
                records.add(read(file));
            }
        }
        return records;
    }

    void write(SessionRecord record) throws IOException {
        Path file = file(record.volumeId());
        DurableFile.replace(
                file, json.writerWithDefaultPrettyPrinter().writeValueAsString(toJson(record)));
    }

    void delete(String volumeId) throws IOException {
        if (Files.deleteIfExists(file(volumeId))) {
            FileControl.fsyncFolder(folder);
        }
    }

    private Path file(String volumeId) {
        UUID hash = UUID.nameUUIDFromBytes(volumeId.getBytes(StandardCharsets.UTF_8));
        return folder.resolve(hash + SUFFIX);
    }

    private ObjectNode toJson(SessionRecord record) {
        ObjectNode root = json.createObjectNode();
        root.put("version", VERSION);
        root.put("volumeId", record.volumeId());
        root.put("epoch", record.epoch());
        root.put("targetName", record.targetName());
        ArrayNode portals = root.putArray("portals");
        record.portals().forEach(portals::add);
        root.put("initiatorName", record.initiatorName());
        root.put("identity", record.identity().toString());
        root.put("readOnly", record.readOnly());
        root.put("keyId", record.keyId());
        root.put("clusterId", record.grant().clusterId());
        root.put("node", record.grant().node());
        return root;
    }

    private SessionRecord read(Path file) throws IOException {
        try {
            JsonNode root = json.readTree(Files.readString(file));
            int version = root.path("version").asInt(0);
            if (version > VERSION) {
                throw new StartupException(
                        "the record %s is of version %d, this program knows %d; run the newer program"
                                .formatted(file, version, VERSION));
            }
            return new SessionRecord(
                    root.required("targetName").asString(),
                    root.required("portals").valueStream().map(JsonNode::asString).toList(),
                    root.required("initiatorName").asString(),
                    UUID.fromString(root.required("identity").asString()),
                    root.required("readOnly").asBoolean(),
                    root.required("keyId").asString(),
                    new ChapSecretDerivation.Grant(
                            root.required("clusterId").asString(),
                            root.required("volumeId").asString(),
                            root.required("node").asString(),
                            root.required("epoch").asLong()));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new IOException("the record " + file + " isn't readable: " + e.getMessage(), e);
        }
    }
}
