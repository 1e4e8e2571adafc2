package dev.lunaria.target.catalog;

import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.CatalogException.Problem;
import dev.lunaria.target.catalog.Unflushed.Writer;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.Registrant;
import dev.lunaria.target.device.Reservations;
import dev.lunaria.target.device.Reservations.Held;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The catalog's documents as JSON, each with the version of its format. Stateless: any thread.
 *
 * <p>Reading is strict: a document with a field missing, of another type or out of range is
 * garbage; a field that isn't known is passed over only where the version is ours.
 */
final class Documents {

    /** Version of all formats written here. A reader refuses what is newer. */
    static final int FORMAT_VERSION = 1;

    private static final int ISID_DIGITS = 12;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Documents() {}

    static byte[] ofPool(PoolIdentity pool) {
        ObjectNode root = versioned();
        root.put("pool", pool.pool());
        root.put("clusterId", pool.clusterId());
        return bytes(root);
    }

    static PoolIdentity pool(byte[] document) throws CatalogException {
        Fields root = parse(document);
        return new PoolIdentity(root.text("pool"), root.text("clusterId"));
    }

    static byte[] ofLun(LunFacts lun) {
        ObjectNode root = versioned();
        root.put("lun", lun.id());
        root.put("name", lun.name());
        root.put("sizeBytes", lun.sizeBytes());
        root.put("clusterId", lun.clusterId());
        root.put("logicalBlockBytes", lun.logicalBlockBytes());
        root.put("created", lun.created().toString());
        switch (lun.source()) {
            case null -> {
                // It began blank.
            }
            case LunSource.OfLun source -> root.put("sourceLun", source.lun());
            case LunSource.OfSnapshot source -> root.put("sourceSnapshot", source.snapshot());
            case LunSource.OfImage source ->
                    root.put("sourceImage", source.path())
                            .put("sourceFilesystem", source.filesystem());
        }
        if (!lun.limits().equals(LunLimits.NONE)) {
            root.putObject("limits")
                    .put("operationsPerSecond", lun.limits().operationsPerSecond())
                    .put("bytesPerSecond", lun.limits().bytesPerSecond());
        }
        return bytes(root);
    }

    static LunFacts lun(byte[] document) throws CatalogException {
        Fields root = parse(document);
        long blockBytes = root.number("logicalBlockBytes", 512);
        long size = root.number("sizeBytes", 4096);
        if (blockBytes != 512 && blockBytes != 4096) {
            throw garbage("logicalBlockBytes is " + blockBytes);
        }
        if (size % Catalog.SIZE_UNIT_BYTES != 0) {
            throw garbage("sizeBytes is not a multiple of " + Catalog.SIZE_UNIT_BYTES);
        }
        return new LunFacts(
                root.text("lun"),
                root.text("name"),
                size,
                root.text("clusterId"),
                (int) blockBytes,
                root.instant("created"),
                root.source(),
                root.limits());
    }

    static byte[] ofFormat(FormatState format) {
        ObjectNode root = versioned();
        put(root, format);
        return bytes(root);
    }

    static void put(ObjectNode root, FormatState format) {
        root.put("state", format.state().name());
        root.put("generation", format.generation());
        root.put("filesystem", format.filesystem());
        root.put("ownerNode", format.ownerNode());
        root.put("ownerEpoch", format.ownerEpoch());
        root.put("formattingEntries", format.formattingEntries());
    }

    static FormatState format(byte[] document) throws CatalogException {
        return format(parse(document));
    }

    static FormatState format(Fields root) throws CatalogException {
        return new FormatState(
                root.constant("state", FormatStatePage.State.class),
                root.number("generation", 1),
                root.text("filesystem"),
                root.text("ownerNode"),
                root.number("ownerEpoch", 0),
                root.number("formattingEntries", 0));
    }

    static byte[] ofGrants(Collection<Grant> grants) {
        ObjectNode root = versioned();
        ArrayNode pairs = root.putArray("pairs");
        for (Grant grant : grants) {
            ObjectNode pair = pairs.addObject();
            pair.put("node", grant.node());
            pair.put("epoch", grant.epoch());
            pair.put("state", grant.state().name());
            pair.put("access", grant.access().name());
            pair.put("exclusive", grant.exclusive());
            pair.put("initiatorName", grant.initiatorName());
            pair.put("keyId", grant.keyId());
            if (grant.fenced()) {
                pair.put("fenced", true);
            }
            ChapSecrets secrets = grant.secrets();
            if (secrets != null) {
                pair.put("initiatorSecret", secrets.initiator().revealText());
                pair.put("targetSecret", secrets.target().revealText());
            }
        }
        return bytes(root);
    }

    /** By node, sorted. */
    static SequencedMap<String, Grant> grants(byte[] document) throws CatalogException {
        TreeMap<String, Grant> grants = new TreeMap<>();
        for (JsonNode element : parse(document).array("pairs")) {
            Fields pair = new Fields(element);
            Grant grant =
                    new Grant(
                            pair.text("node"),
                            pair.number("epoch", 1),
                            pair.constant("state", Grant.State.class),
                            pair.constant("access", Grant.Access.class),
                            pair.flag("exclusive"),
                            pair.text("initiatorName"),
                            pair.text("keyId"),
                            pair.secrets(),
                            pair.node().has("fenced") && pair.flag("fenced"));
            if ((grant.state() == Grant.State.ACTIVE) != (grant.secrets() != null)) {
                throw garbage("a grant's secrets don't go with its state");
            }
            if (grants.put(grant.node(), grant) != null) {
                throw garbage("a node stands there twice");
            }
        }
        return grants;
    }

    static byte[] ofUnflushed(Unflushed unflushed) {
        ObjectNode root = versioned();
        root.put("bootId", unflushed.bootId());
        put(root.putArray("writers"), unflushed.writers());
        put(root.putArray("lost"), unflushed.lost());
        return bytes(root);
    }

    private static void put(ArrayNode list, Collection<Writer> writers) {
        for (Writer writer : writers) {
            list.addObject().put("node", writer.node()).put("epoch", writer.epoch());
        }
    }

    static Unflushed unflushed(byte[] document) throws CatalogException {
        Fields root = parse(document);
        return new Unflushed(root.text("bootId"), root.writers("writers"), root.writers("lost"));
    }

    static byte[] ofReservations(KeptReservations kept) {
        Reservations reservations = kept.reservations();
        ObjectNode root = versioned();
        root.put("bootId", kept.bootId());
        root.put("generation", reservations.generation());
        root.put("persists", reservations.persists());
        Held held = reservations.held();
        ArrayNode list = root.putArray("registrations");
        reservations
                .keys()
                .forEach((registrant, key) -> {
                    ObjectNode one = list.addObject();
                    one.put("initiatorName", registrant.initiatorName());
                    one.put("isid", HexFormat.of().toHexDigits(registrant.isid(), ISID_DIGITS));
                    one.put("targetPort", registrant.targetPort());
                    one.put("key", HexFormat.of().toHexDigits(key));
                    one.put("holds", held != null && registrant.equals(held.holder()));
                });
        root.put("type", held == null ? "" : held.type().name());
        return bytes(root);
    }

    static KeptReservations reservations(byte[] document) throws CatalogException {
        Fields root = parse(document);
        TreeMap<Registrant, Long> keys = new TreeMap<>();
        Registrant holder = null;
        for (JsonNode element : root.array("registrations")) {
            Fields one = new Fields(element);
            Registrant registrant =
                    new Registrant(
                            one.text("initiatorName"),
                            one.hex("isid"),
                            (int) one.number("targetPort", 0));
            if (keys.put(registrant, one.hex("key")) != null) {
                throw garbage("a nexus stands there twice");
            }
            holder = one.flag("holds") ? registrant : holder;
        }
        Held held =
                root.text("type").isEmpty()
                        ? null
                        : new Held(root.constant("type", ReservationType.class), holder);
        try {
            return new KeptReservations(
                    root.text("bootId"),
                    new Reservations(
                            root.number("generation", 0), root.flag("persists"), keys, held));
        } catch (IllegalArgumentException e) {
            throw garbage("the reservation doesn't go with the registrations");
        }
    }

    static ObjectNode versioned() {
        return JSON.createObjectNode().put("formatVersion", FORMAT_VERSION);
    }

    static byte[] bytes(ObjectNode root) {
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    static Fields parse(byte[] document) throws CatalogException {
        JsonNode root;
        try {
            root = JSON.readTree(document);
        } catch (JacksonException e) {
            // Without its message: that quotes the document, which may hold a secret.
            throw garbage("it is not JSON");
        }
        Fields fields = new Fields(root);
        long version = fields.number("formatVersion", 1);
        if (version > FORMAT_VERSION) {
            throw new CatalogException(
                    Problem.NEWER,
                    "it has format version %d and this program knows up to %d: run the newer program"
                            .formatted(version, FORMAT_VERSION));
        }
        return fields;
    }

    static CatalogException garbage(String what) {
        return new CatalogException(Problem.GARBAGE, what);
    }

    /** The fields of one JSON object, read strictly. */
    record Fields(JsonNode node) {

        String text(String field) throws CatalogException {
            JsonNode value = node.path(field);
            if (!value.isString()) {
                throw garbage("field " + field + " is missing or no text");
            }
            return value.stringValue();
        }

        long number(String field, long least) throws CatalogException {
            JsonNode value = node.path(field);
            if (!value.isIntegralNumber() || !value.canConvertToLong()) {
                throw garbage("field " + field + " is missing or no number");
            }
            if (value.longValue() < least) {
                throw garbage("field " + field + " is less than " + least);
            }
            return value.longValue();
        }

        long hex(String field) throws CatalogException {
            try {
                return HexFormat.fromHexDigitsToLong(text(field));
            } catch (IllegalArgumentException e) {
                throw garbage("field " + field + " is no hexadecimal number");
            }
        }

        boolean flag(String field) throws CatalogException {
            JsonNode value = node.path(field);
            if (!value.isBoolean()) {
                throw garbage("field " + field + " is missing or neither true nor false");
            }
            return value.booleanValue();
        }

        Instant instant(String field) throws CatalogException {
            try {
                return Instant.parse(text(field));
            } catch (DateTimeException e) {
                throw garbage("field " + field + " is no time");
            }
        }

        <E extends Enum<E>> E constant(String field, Class<E> type) throws CatalogException {
            try {
                return Enum.valueOf(type, text(field));
            } catch (IllegalArgumentException e) {
                throw garbage("field " + field + " has a value that isn't known");
            }
        }

        JsonNode array(String field) throws CatalogException {
            JsonNode value = node.path(field);
            if (!value.isArray()) {
                throw garbage("field " + field + " is missing or no list");
            }
            return value;
        }

        Fields object(String field) throws CatalogException {
            if (!node.path(field).isObject()) {
                throw garbage("field " + field + " is missing or no object");
            }
            return new Fields(node.path(field));
        }

        List<String> texts(String field) throws CatalogException {
            return SnapshotDocuments.texts(array(field));
        }

        @Nullable LunSource source() throws CatalogException {
            if (node.has("sourceLun")) {
                return new LunSource.OfLun(text("sourceLun"));
            }
            if (node.has("sourceSnapshot")) {
                return new LunSource.OfSnapshot(text("sourceSnapshot"));
            }
            return node.has("sourceImage")
                    ? new LunSource.OfImage(text("sourceImage"), text("sourceFilesystem"))
                    : null;
        }

        /** None where the LUN was made by a version that knew none. */
        LunLimits limits() throws CatalogException {
            if (!node.has("limits")) {
                return LunLimits.NONE;
            }
            Fields limits = object("limits");
            return new LunLimits(
                    limits.number("operationsPerSecond", 0), limits.number("bytesPerSecond", 0));
        }

        SortedSet<Writer> writers(String field) throws CatalogException {
            TreeSet<Writer> writers = new TreeSet<>();
            for (JsonNode element : array(field)) {
                Fields writer = new Fields(element);
                writers.add(new Writer(writer.text("node"), writer.number("epoch", 1)));
            }
            return writers;
        }

        @Nullable ChapSecrets secrets() throws CatalogException {
            return node.has("initiatorSecret")
                    ? new ChapSecrets(
                            Secret.of(text("initiatorSecret")), Secret.of(text("targetSecret")))
                    : null;
        }
    }
}
