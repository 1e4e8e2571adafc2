package dev.lunaria.target.catalog;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How folders leave a catalog: renamed into {@code deleting}, which is durable, and then removed
 * file by file. Any thread; the caller sees to it that one name is removed once at a time.
 */
final class Removals {

    private static final Logger LOG = LoggerFactory.getLogger(Removals.class);

    private final DurableFiles files;
    private final String pool;

    Removals(DurableFiles files, String pool) {
        this.files = files;
        this.pool = pool;
    }

    /**
     * Takes a folder out of sight, durably; also where an earlier call failed half-way.
     *
     * @param home the folder that it is in
     * @param name under which it waits to be removed
     */
    void takeAway(Path home, String id, String name) throws IOException {
        if (files.exists(home.resolve(id))) {
            files.rename(home.resolve(id), freeName(name));
        }
        files.syncFolder(Catalog.DELETING);
        files.syncFolder(home);
    }

    /** Removes what {@link #takeAway} took, and gives its space back. */
    void remove(String name) throws IOException {
        for (String grave : files.list(Catalog.DELETING)) {
            if (grave.startsWith(name)) {
                removeTree(Catalog.DELETING.resolve(grave));
            }
        }
    }

    /** Removes what a crash left in {@code making} and {@code deleting}. */
    void sweep(Path folder) throws IOException {
        for (String name : files.list(folder)) {
            LOG.atInfo()
                    .addKeyValue("pool", pool)
                    .addKeyValue("folder", folder.resolve(name).toString())
                    .log("removing what a crash left half-done");
            removeTree(folder.resolve(name));
        }
    }

    /** Removes a folder; what can't be removed now is tried again at the next start. */
    void removeTree(Path folder) {
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

    private Path freeName(String name) {
        Path free = Catalog.DELETING.resolve(name);
        for (int i = 1; files.exists(free); i++) {
            free = Catalog.DELETING.resolve(name + "." + i);
        }
        return free;
    }
}
