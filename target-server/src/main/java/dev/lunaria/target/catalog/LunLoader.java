package dev.lunaria.target.catalog;

import dev.lunaria.iscsi.scsi.FormatStatePage;
import dev.lunaria.target.catalog.CatalogException.Problem;
import dev.lunaria.target.device.FormatState;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one LUN's folder at the start. Used once, by one thread.
 *
 * <p>A LUN with a document that is missing or garbage is never blank. Without its format state it
 * is READY and served; without its facts, data or grants' epochs, or with reservations that can't
 * be read, it is damaged, and nobody may log in.
 */
final class LunLoader {

    private static final Logger LOG = LoggerFactory.getLogger(LunLoader.class);

    /** What is assumed where nothing is known: data that nobody may format over. */
    private static final FormatState UNKNOWN_FORMAT =
            new FormatState(FormatStatePage.State.READY, 1, "", "", 0, 0);

    private final DurableFiles files;
    private final Path folder;
    private final List<String> damage = new ArrayList<>();

    LunLoader(DurableFiles files, Path folder) {
        this.files = files;
        this.folder = folder;
    }

    /**
     * Reads the LUN.
     *
     * @param id the folder's name
     * @throws CatalogException NEWER
     */
    CatalogLun load(String id, String clusterId) throws IOException {
        LunFacts facts =
                read(
                        Catalog.LUN,
                        Documents::lun,
                        new LunFacts(id, "", 0, clusterId, 512, Instant.EPOCH));
        if (!facts.id().equals(id)) {
            damage.add("lun.json belongs to LUN " + facts.id());
            facts = new LunFacts(id, "", 0, clusterId, 512, Instant.EPOCH);
        }
        SequencedMap<String, Grant> grants =
                read(Catalog.GRANTS, Documents::grants, new TreeMap<>());
        FormatState format = format(id);
        Content content = content();
        long dataBytes = dataBytes();
        if (facts.sizeBytes() == 0) {
            facts = facts.withSize(dataBytes);
        } else if (dataBytes < facts.sizeBytes()) {
            damage.add("data has %d of %d bytes".formatted(dataBytes, facts.sizeBytes()));
        }
        KeptReservations kept = reservations();
        return new CatalogLun(
                files,
                folder,
                facts,
                grants,
                damage.isEmpty() ? format : UNKNOWN_FORMAT,
                content,
                unflushed(grants.values()),
                kept,
                damage);
    }

    /**
     * A LUN that was whole from the beginning has no document. An instant of another LUN that
     * wasn't copied in time is lost.
     */
    private Content content() throws IOException {
        Path document = folder.resolve(Catalog.CONTENT);
        if (!files.exists(document)) {
            return Content.READY;
        }
        Content found = read(Catalog.CONTENT, SnapshotDocuments::content, Content.FAILED);
        if (found != Content.COPYING_INSTANT) {
            return found;
        }
        LOG.atWarn()
                .addKeyValue("folder", folder.toString())
                .log("the LUN was being copied from one in use when the server stopped: it failed");
        Catalog.replace(files, document, SnapshotDocuments.ofContent(Content.FAILED));
        return Content.FAILED;
    }

    private FormatState format(String id) throws IOException {
        int before = damage.size();
        FormatState format = read(Catalog.FORMAT, Documents::format, UNKNOWN_FORMAT);
        if (damage.size() > before) {
            LOG.atError()
                    .addKeyValue("lun", id)
                    .addKeyValue("damage", damage.removeLast())
                    .log("format state is unknown: READY is assumed, and no node will format it");
        }
        return format;
    }

    /** Without the document nobody is registered; with a garbage one nobody knows who may write. */
    private KeptReservations reservations() throws IOException {
        return files.exists(folder.resolve(Catalog.RESERVATIONS))
                ? read(Catalog.RESERVATIONS, Documents::reservations, KeptReservations.NONE)
                : KeptReservations.NONE;
    }

    /**
     * Without the document nothing is unflushed; from a garbage one everybody may have lost some.
     */
    private Unflushed unflushed(Collection<Grant> grants) throws IOException {
        if (!files.exists(folder.resolve(Catalog.UNFLUSHED))) {
            return Unflushed.NOTHING;
        }
        TreeSet<Unflushed.Writer> everybody = new TreeSet<>();
        for (Grant grant : grants) {
            everybody.add(new Unflushed.Writer(grant.node(), grant.epoch()));
        }
        Unflushed unknown = new Unflushed("", Collections.emptySortedSet(), everybody);
        int before = damage.size();
        Unflushed read = read(Catalog.UNFLUSHED, Documents::unflushed, unknown);
        if (damage.size() > before) {
            LOG.atError()
                    .addKeyValue("damage", damage.removeLast())
                    .addKeyValue("folder", folder.toString())
                    .log("who had unflushed writes is unknown: nodes see errors until they detach");
        }
        return read;
    }

    private long dataBytes() throws IOException {
        try {
            return files.size(folder.resolve(Catalog.DATA));
        } catch (NoSuchFileException e) {
            damage.add("data is missing");
            return 0;
        }
    }

    private <T> T read(String name, Parser<T> parser, T otherwise) throws IOException {
        try {
            return parser.parse(files.read(folder.resolve(name)));
        } catch (NoSuchFileException e) {
            damage.add(name + " is missing");
        } catch (CatalogException e) {
            if (e.problem() == Problem.NEWER) {
                throw new CatalogException(
                        Problem.NEWER, folder.resolve(name) + ": " + e.getMessage());
            }
            damage.add("%s is garbage: %s".formatted(name, e.getMessage()));
        }
        return otherwise;
    }

    /** Makes a value of a document. */
    private interface Parser<T> {
        T parse(byte[] document) throws CatalogException;
    }
}
