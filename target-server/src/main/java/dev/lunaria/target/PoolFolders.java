package dev.lunaria.target;

import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.state.SingleInstance;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.SnapshotSets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the pools' folders at the start, each locked against a second server. Main thread. */
final class PoolFolders {

    private static final Logger LOG = LoggerFactory.getLogger(PoolFolders.class);

    private PoolFolders() {}

    /**
     * Opens them all.
     *
     * @param lifecycle gets the locks
     * @throws StartupException where a folder is no pool, not writable, in use, or of a newer
     *     version
     */
    static Pools open(List<Path> folders, long reserveBytes, Lifecycle lifecycle) {
        List<Pool> pools = new ArrayList<>();
        TreeMap<String, Path> seen = new TreeMap<>();
        for (Path folder : folders) {
            Pool pool = open(folder.toAbsolutePath().normalize(), reserveBytes, lifecycle);
            Path other = seen.put(pool.id(), folder);
            if (other != null) {
                throw new StartupException(
                        "%s and %s are the same pool %s: remove the copy"
                                .formatted(other, folder, pool.id()));
            }
            pools.add(pool);
            LOG.atInfo()
                    .addKeyValue("pool", pool.id())
                    .addKeyValue("folder", pool.folder())
                    .addKeyValue("clusterId", pool.catalog().identity().clusterId())
                    .addKeyValue("luns", pool.catalog().count())
                    .addKeyValue("snapshots", pool.catalog().snapshots().all().size())
                    .addKeyValue("reflinks", pool.catalog().reflinks())
                    .addKeyValue("damaged", pool.catalog().damaged().size())
                    .log("pool opened");
        }
        try {
            SnapshotSets.settle(pools.stream().map(Pool::catalog).toList());
        } catch (IOException e) {
            throw new StartupException("snapshots: " + e.getMessage(), e);
        }
        return new Pools(pools);
    }

    private static Pool open(Path folder, long reserveBytes, Lifecycle lifecycle) {
        if (!Files.isDirectory(folder)) {
            throw new StartupException(
                    "pool %s is no folder: is its filesystem mounted? 'lunaria-target init' makes one"
                            .formatted(folder));
        }
        try {
            Files.delete(Files.createTempFile(folder, ".writable", ""));
        } catch (IOException e) {
            throw new StartupException("pool %s isn't writable: %s".formatted(folder, e), e);
        }
        lifecycle.add("lock of " + folder, SingleInstance.acquire(folder));
        try {
            Catalog catalog = Catalog.open(new FolderFiles(folder));
            catalog.tryReflinks();
            return new Pool(folder, catalog, reserveBytes);
        } catch (IOException e) {
            throw new StartupException("pool %s: %s".formatted(folder, e.getMessage()), e);
        }
    }
}
