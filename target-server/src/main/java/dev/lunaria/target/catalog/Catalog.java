package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.CatalogException.Problem;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.device.Reservations;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pool's catalog: which LUNs and snapshots there are, and what is known of each.
 *
 * <p>Any thread; changes to one LUN are serialised, those to several run beside each other. Every
 * change is durable when its call returns. Bounded by {@link #MAX_LUNS}.
 *
 * <p>The folder holds {@code pool.json}, and in {@code luns} a folder for every LUN, in {@code
 * snapshots} one for every snapshot ({@link CatalogSnapshots}). A LUN is built in {@code making}
 * and renamed into {@code luns} when it is whole, and renamed into {@code deleting} before its
 * bytes are removed: what a crash leaves in those two is removed at the next start.
 */
public final class Catalog {

    /** A LUN's size is a multiple of this many bytes. */
    public static final long SIZE_UNIT_BYTES = 4096;

    /** Largest size of a LUN, in bytes: 1 PiB. Many filesystems have a lower bound of their own. */
    public static final long MAX_LUN_BYTES = 1L << 50;

    /** Longest name of a LUN, in characters. */
    public static final int MAX_NAME_CHARACTERS = 128;

    /** So many LUNs a pool may hold. */
    public static final int MAX_LUNS = 20_000;

    static final Path ROOT = Path.of("");
    static final Path POOL = Path.of("pool.json");
    static final Path LUNS = Path.of("luns");
    static final Path SNAPSHOTS = Path.of("snapshots");
    static final Path DELETED = Path.of("deleted.json");
    static final Path MAKING = Path.of("making");
    static final Path DELETING = Path.of("deleting");
    static final String DATA = "data";
    static final String LUN = "lun.json";
    static final String GRANTS = "grants.json";
    static final String FORMAT = "format.json";
    static final String CONTENT = "content.json";
    static final String UNFLUSHED = "unflushed.json";
    static final String RESERVATIONS = "reservations.json";
    static final String UNFINISHED = ".new";

    private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);

    /**
     * What may be in a folder that is still as good as empty: filesystems and locks bring these.
     */
    private static final Set<String> NOTHING =
            Set.of(
                    "lost+found",
                    "lock",
                    "luns",
                    "snapshots",
                    "making",
                    "deleting",
                    POOL + UNFINISHED);

    private static final List<Path> FOLDERS = List.of(LUNS, SNAPSHOTS, MAKING, DELETING);

    private final DurableFiles files;
    private final PoolIdentity identity;
    private volatile String bootId = "";
    private final ConcurrentSkipListMap<String, CatalogLun> luns = new ConcurrentSkipListMap<>();
    private final List<ReentrantLock> byId =
            Collections.nCopies(64, 0).stream().map(_ -> new ReentrantLock()).toList();

    private final Removals removals;
    private final Deletions deletions;
    private final CatalogSnapshots snapshots;
    private volatile boolean reflinks;

    private Catalog(DurableFiles files, PoolIdentity identity, Deletions deletions) {
        this.files = files;
        this.identity = identity;
        this.deletions = deletions;
        this.removals = new Removals(files, identity.pool());
        this.snapshots = new CatalogSnapshots(files, identity.pool(), removals);
    }

    /**
     * Makes a pool of a folder that is empty.
     *
     * @throws CatalogException NOT_EMPTY where the folder is a pool already, or holds anything else
     */
    public static void initialise(DurableFiles files, PoolIdentity identity) throws IOException {
        if (files.exists(POOL)) {
            throw new CatalogException(
                    Problem.NOT_EMPTY, "the folder is a pool already: leave it, or empty it first");
        }
        for (String name : files.list(ROOT)) {
            boolean usedFolder =
                    FOLDERS.contains(Path.of(name)) && !files.list(Path.of(name)).isEmpty();
            if (!NOTHING.contains(name) || usedFolder) {
                throw new CatalogException(
                        Problem.NOT_EMPTY,
                        "the folder holds '%s': a pool begins with an empty folder"
                                .formatted(name));
            }
        }
        makeFolders(files);
        replace(files, POOL, Documents.ofPool(identity));
    }

    /** Also of a pool that an earlier version made, which had fewer. */
    private static void makeFolders(DurableFiles files) throws IOException {
        boolean made = false;
        for (Path folder : FOLDERS) {
            if (!files.exists(folder)) {
                files.createFolder(folder);
                made = true;
            }
        }
        if (made) {
            files.syncFolder(ROOT);
        }
    }

    /**
     * Opens the catalog and finishes what a crash left half-done.
     *
     * @throws CatalogException NOT_A_POOL, NEWER, or GARBAGE of pool.json itself; a LUN whose
     *     documents are garbage is kept apart as damaged, and the pool goes on
     */
    public static Catalog open(DurableFiles files) throws IOException {
        if (!files.exists(POOL)) {
            throw new CatalogException(
                    Problem.NOT_A_POOL,
                    "it has no pool.json: run 'lunaria-target init' once on an empty folder; if this"
                            + " was a pool, its filesystem is not mounted");
        }
        PoolIdentity identity = Documents.pool(files.read(POOL));
        makeFolders(files);
        Catalog catalog = new Catalog(files, identity, Deletions.open(files));
        catalog.removals.sweep(MAKING);
        catalog.removals.sweep(DELETING);
        catalog.load();
        catalog.snapshots.load();
        return catalog;
    }

    public PoolIdentity identity() {
        return identity;
    }

    /** Finds out by trying whether files of this pool can share their bytes. */
    public void tryReflinks() throws IOException {
        Path work = MAKING.resolve("reflinks");
        files.createFolder(work);
        try {
            files.write(work.resolve("from"), new byte[(int) SIZE_UNIT_BYTES]);
            files.createSparse(work.resolve("into"), SIZE_UNIT_BYTES);
            files.reflink(work.resolve("from"), work.resolve("into"));
            reflinks = true;
        } catch (UnsupportedOperationException e) {
            reflinks = false;
        } finally {
            removals.removeTree(work);
        }
    }

    /** Whether files of this pool can share their bytes; false before {@link #tryReflinks}. */
    public boolean reflinks() {
        return reflinks;
    }

    /** Makes one file of the pool, which is there, share all bytes of another. */
    public void reflink(Path from, Path into) throws IOException {
        files.reflink(from, into);
    }

    /** Makes durable what is in a LUN's file. */
    public void syncData(CatalogLun lun) throws IOException {
        files.sync(lun.data());
    }

    public CatalogSnapshots snapshots() {
        return snapshots;
    }

    /**
     * Says which boot of the machine this is: reservations of an earlier one that weren't made to
     * persist have ended. Once, before anybody is let in.
     */
    public void booted(String currentBootId) {
        bootId = currentBootId;
        luns.values().forEach(lun -> lun.booted(currentBootId));
    }

    /** All LUNs by id; a view that follows. Those that are damaged too. */
    public Collection<CatalogLun> luns() {
        return Collections.unmodifiableCollection(luns.values());
    }

    /** LUNs whose ids come after the given one, in order; a view that follows. */
    public Collection<CatalogLun> lunsAfter(String id) {
        return Collections.unmodifiableCollection(luns.tailMap(id, false).values());
    }

    public Optional<CatalogLun> find(String id) {
        return Optional.ofNullable(luns.get(id));
    }

    public int count() {
        return luns.size();
    }

    /**
     * Makes a LUN, BLANK and without grants; or returns the one that is there already and is the
     * same.
     *
     * @throws RefusedException INVALID, EXISTS_OTHERWISE, EXHAUSTED; PRECONDITION where the id was
     *     deleted
     */
    public CatalogLun create(LunFacts facts) throws RefusedException, IOException {
        return create(facts, Beginning.BLANK);
    }

    /**
     * The same of a LUN that begins with other bytes.
     *
     * @throws RefusedException also what {@code beginning} threw
     */
    public CatalogLun create(LunFacts facts, Beginning beginning)
            throws RefusedException, IOException {
        LunRules.check(facts, identity);
        ReentrantLock lock = lockOf(facts.id());
        lock.lock();
        try {
            CatalogLun there = luns.get(facts.id());
            if (there != null) {
                return LunRules.same(there, facts);
            }
            if (luns.size() >= MAX_LUNS) {
                throw new RefusedException(
                        Reason.EXHAUSTED,
                        "the pool holds %d LUNs, which is the most".formatted(MAX_LUNS));
            }
            if (files.exists(LUNS.resolve(facts.id()))) {
                return LunRules.same(adopt(facts.id()), facts);
            }
            deletions.refuse(facts.id());
            CatalogLun made = make(facts, beginning);
            luns.put(facts.id(), made);
            return made;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes a LUN with its data; where there is none its id is noted all the same.
     *
     * @throws RefusedException PRECONDITION while a grant lives or it is being copied
     * @throws IOException it may or may not be removed after a restart; still there until then
     */
    public void delete(String id) throws RefusedException, IOException {
        ReentrantLock lock = lockOf(id);
        lock.lock();
        try {
            CatalogLun lun = luns.get(id);
            if (lun == null) {
                if (LunRules.isId(id)) {
                    deletions.add(id);
                }
                return;
            }
            lun.remove(() -> {
                deletions.add(id);
                removals.takeAway(LUNS, id, id);
            });
            luns.remove(id);
            removals.remove(id);
        } finally {
            lock.unlock();
        }
    }

    /** Replaces a document: after a crash there is the old one or the new one. */
    static void replace(DurableFiles files, Path document, byte[] content) throws IOException {
        Path unfinished = document.resolveSibling(document.getFileName() + UNFINISHED);
        files.write(unfinished, content);
        files.sync(unfinished);
        files.rename(unfinished, document);
        Path folder = document.getParent();
        files.syncFolder(folder == null ? ROOT : folder);
    }

    private CatalogLun make(LunFacts facts, Beginning beginning)
            throws RefusedException, IOException {
        Path work = MAKING.resolve(facts.id());
        if (files.exists(work)) {
            removals.removeTree(work);
        }
        files.createFolder(work);
        files.createSparse(work.resolve(DATA), facts.sizeBytes());
        Beginning.Begun begun;
        try {
            begun = beginning.begin(work.resolve(DATA));
        } catch (RefusedException | IOException | RuntimeException e) {
            removals.removeTree(work);
            throw e;
        }
        files.write(work.resolve(GRANTS), Documents.ofGrants(List.of()));
        files.write(work.resolve(FORMAT), Documents.ofFormat(begun.format()));
        files.write(work.resolve(LUN), Documents.ofLun(facts));
        for (String file : List.of(DATA, GRANTS, FORMAT, LUN)) {
            files.sync(work.resolve(file));
        }
        if (begun.content() != Content.READY) {
            files.write(work.resolve(CONTENT), SnapshotDocuments.ofContent(begun.content()));
            files.sync(work.resolve(CONTENT));
        }
        files.syncFolder(work);
        Path home = LUNS.resolve(facts.id());
        files.rename(work, home);
        files.syncFolder(LUNS);
        files.syncFolder(MAKING);
        return new CatalogLun(
                files,
                home,
                facts,
                new TreeMap<>(),
                begun.format(),
                begun.content(),
                Unflushed.NOTHING,
                new KeptReservations(bootId, Reservations.NONE),
                List.of());
    }

    /** Takes up a LUN that an earlier call made, and failed to make durable. */
    private CatalogLun adopt(String id) throws IOException {
        files.syncFolder(LUNS);
        files.syncFolder(MAKING);
        CatalogLun made = new LunLoader(files, LUNS.resolve(id)).load(id, identity.clusterId());
        made.booted(bootId);
        luns.put(id, made);
        return made;
    }

    private void load() throws IOException {
        for (String id : files.list(LUNS)) {
            LunLoader loader = new LunLoader(files, LUNS.resolve(id));
            CatalogLun lun = loader.load(id, identity.clusterId());
            for (String damage : lun.damage()) {
                LOG.atError()
                        .addKeyValue("pool", identity.pool())
                        .addKeyValue("lun", id)
                        .addKeyValue("damage", damage)
                        .log("LUN is damaged: its data file is kept, and nobody may log in to it");
            }
            luns.put(id, lun);
        }
    }

    private ReentrantLock lockOf(String id) {
        return byId.get(Math.floorMod(id.hashCode(), byId.size()));
    }

    /** Sum of all LUNs' sizes, in bytes. */
    public long provisionedBytes() {
        long sum = 0;
        for (Map.Entry<String, CatalogLun> lun : luns.entrySet()) {
            sum += lun.getValue().facts().sizeBytes();
        }
        return sum;
    }

    /** Ids of the LUNs that are damaged. */
    public List<String> damaged() {
        List<String> ids = new ArrayList<>();
        for (CatalogLun lun : luns.values()) {
            if (!lun.damage().isEmpty()) {
                ids.add(lun.facts().id());
            }
        }
        return ids;
    }
}
