package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.CatalogSnapshot.State;
import dev.lunaria.target.catalog.Documents.Fields;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The documents of snapshots, contents and deletions. Stateless: any thread. */
final class SnapshotDocuments {

    private SnapshotDocuments() {}

    /**
     * What snapshot.json says.
     *
     * @param uncommittedSet ids of the snapshots of the same call, where that call has not
     *     returned; empty otherwise
     */
    record Snapshot(SnapshotFacts facts, State state, List<String> uncommittedSet) {}

    static byte[] ofSnapshot(SnapshotFacts facts, State state, List<String> uncommittedSet) {
        ObjectNode root = Documents.versioned();
        root.put("snapshot", facts.id());
        root.put("lun", facts.lun());
        root.put("name", facts.name());
        root.put("group", facts.group());
        root.put("sizeBytes", facts.sizeBytes());
        root.put("logicalBlockBytes", facts.logicalBlockBytes());
        root.put("clusterId", facts.clusterId());
        root.put("taken", facts.taken().toString());
        root.put("state", state.name());
        put(root.putArray("uncommittedSet"), uncommittedSet);
        Documents.put(root.putObject("format"), facts.format());
        return Documents.bytes(root);
    }

    static Snapshot snapshot(byte[] document) throws CatalogException {
        Fields root = Documents.parse(document);
        SnapshotFacts facts =
                new SnapshotFacts(
                        root.text("snapshot"),
                        root.text("lun"),
                        root.text("name"),
                        root.text("group"),
                        root.number("sizeBytes", Catalog.SIZE_UNIT_BYTES),
                        Math.toIntExact(Math.min(4096, root.number("logicalBlockBytes", 512))),
                        root.text("clusterId"),
                        Documents.format(root.object("format")),
                        root.instant("taken"));
        return new Snapshot(
                facts, root.constant("state", State.class), root.texts("uncommittedSet"));
    }

    static byte[] ofContent(Content content) {
        return Documents.bytes(Documents.versioned().put("content", content.name()));
    }

    static Content content(byte[] document) throws CatalogException {
        return Documents.parse(document).constant("content", Content.class);
    }

    /** Of LUNs, the oldest first. */
    static byte[] ofDeletions(List<String> ids) {
        ObjectNode root = Documents.versioned();
        put(root.putArray("ids"), ids);
        return Documents.bytes(root);
    }

    static List<String> deletions(byte[] document) throws CatalogException {
        return Documents.parse(document).texts("ids");
    }

    private static void put(ArrayNode list, List<String> texts) {
        texts.forEach(list::add);
    }

    /** The texts of a list. */
    static List<String> texts(JsonNode list) throws CatalogException {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : list) {
            if (!element.isString()) {
                throw Documents.garbage("a list of texts has something else in it");
            }
            texts.add(element.stringValue());
        }
        return List.copyOf(texts);
    }
}
