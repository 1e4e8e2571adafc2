package dev.lunaria.target.catalog;

import dev.lunaria.target.catalog.CatalogException.Problem;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.Reservations;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
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
 * One pool's catalog: which LUNs there are, and what is known of each.
 *
 * <p>Any thread; changes to one LUN are serialised, those to several run beside each other. Every
 * change is durable when its call returns. Bounded by {@link #MAX_LUNS}.
 *
 * <p>The folder holds {@code pool.json}, and in {@code luns} a folder for every LUN. A LUN is built
 * in {@code making} and renamed into {@code luns} when it is whole, and renamed into {@code
 * deleting} before its bytes are removed: what a crash leaves in those two is removed at the next
 * start.
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
    static final Path MAKING = Path.of("making");
    static final Path DELETING = Path.of("deleting");
    static final String DATA = "data";
    static final String LUN = "lun.json";
    static final String GRANTS = "grants.json";
    static final String FORMAT = "format.json";
    static final String UNFLUSHED = "unflushed.json";
    static final String RESERVATIONS = "reservations.json";
    static final String UNFINISHED = ".new";

    private static final Logger LOG = LoggerFactory.getLogger(Catalog.class);

    /**
     * What may be in a folder that is still as good as empty: filesystems and locks bring these.
     */
    private static final Set<String> NOTHING =
            Set.of("lost+found", "lock", "luns", "making", "deleting", POOL + UNFINISHED);

    private final DurableFiles files;
    private final PoolIdentity identity;
    private volatile String bootId = "";
    private final ConcurrentSkipListMap<String, CatalogLun> luns = new ConcurrentSkipListMap<>();
    private final List<ReentrantLock> byId =
            Collections.nCopies(64, 0).stream().map(_ -> new ReentrantLock()).toList();

    private Catalog(DurableFiles files, PoolIdentity identity) {
        this.files = files;
        this.identity = identity;
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
                    Set.of(LUNS, MAKING, DELETING).contains(Path.of(name))
                            && !files.list(Path.of(name)).isEmpty();
            if (!NOTHING.contains(name) || usedFolder) {
                throw new CatalogException(
                        Problem.NOT_EMPTY,
                        "the folder holds '%s': a pool begins with an empty folder"
                                .formatted(name));
            }
        }
        for (Path folder : List.of(LUNS, MAKING, DELETING)) {
            if (!files.exists(folder)) {
                files.createFolder(folder);
            }
        }
        files.syncFolder(ROOT);
        replace(files, POOL, Documents.ofPool(identity));
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
        Catalog catalog = new Catalog(files, Documents.pool(files.read(POOL)));
        catalog.sweep(MAKING);
        catalog.sweep(DELETING);
        catalog.load();
        return catalog;
    }

    public PoolIdentity identity() {
        return identity;
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
     * @throws RefusedException INVALID, EXISTS_OTHERWISE, EXHAUSTED
     */
    public CatalogLun create(LunFacts facts) throws RefusedException, IOException {
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
            CatalogLun made = make(facts);
            luns.put(facts.id(), made);
            return made;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Removes a LUN with its data; nothing to do where there is none.
     *
     * @throws RefusedException PRECONDITION while a grant lives
     * @throws IOException it may or may not be removed after a restart; still there until then
     */
    public void delete(String id) throws RefusedException, IOException {
        ReentrantLock lock = lockOf(id);
        lock.lock();
        try {
            CatalogLun lun = luns.get(id);
            if (lun == null) {
                return;
            }
            lun.remove(() -> {
                // Gone already where an earlier call failed after this step.
                if (files.exists(LUNS.resolve(id))) {
                    files.rename(LUNS.resolve(id), freeName(DELETING, id));
                }
                files.syncFolder(DELETING);
                files.syncFolder(LUNS);
            });
            luns.remove(id);
            for (String grave : files.list(DELETING)) {
                if (grave.startsWith(id)) {
                    removeTree(DELETING.resolve(grave));
                }
            }
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

    private CatalogLun make(LunFacts facts) throws IOException {
        Path work = MAKING.resolve(facts.id());
        if (files.exists(work)) {
            removeTree(work);
        }
        files.createFolder(work);
        files.createSparse(work.resolve(DATA), facts.sizeBytes());
        files.write(work.resolve(GRANTS), Documents.ofGrants(List.of()));
        files.write(work.resolve(FORMAT), Documents.ofFormat(FormatState.BLANK));
        files.write(work.resolve(LUN), Documents.ofLun(facts));
        for (String file : List.of(DATA, GRANTS, FORMAT, LUN)) {
            files.sync(work.resolve(file));
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
                FormatState.BLANK,
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

    private void sweep(Path folder) throws IOException {
        for (String name : files.list(folder)) {
            LOG.atInfo()
                    .addKeyValue("pool", identity.pool())
                    .addKeyValue("folder", folder.resolve(name).toString())
                    .log("removing what a crash left half-done");
            removeTree(folder.resolve(name));
        }
    }

    /** Removes a LUN's folder; what can't be removed now is tried again at the next start. */
    private void removeTree(Path folder) {
        try {
            for (String name : files.list(folder)) {
                files.remove(folder.resolve(name));
            }
            files.remove(folder);
        } catch (NoSuchFileException e) {
            LOG.atDebug().addKeyValue("folder", folder.toString()).log("was removed already");
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("folder", folder.toString())
                    .setCause(e)
                    .log("could not be removed; tried again at the next start");
        }
    }

    private Path freeName(Path folder, String id) {
        Path name = folder.resolve(id);
        for (int i = 1; files.exists(name); i++) {
            name = folder.resolve(id + "." + i);
        }
        return name;
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
