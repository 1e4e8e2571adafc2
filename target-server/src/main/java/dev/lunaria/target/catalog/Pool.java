package dev.lunaria.target.catalog;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.FileStatus;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A pool that this server serves: its catalog, and the filesystem below it. Any thread; asking for
 * space may block in the kernel.
 *
 * @param reserveBytes free space that LUNs are not made from
 */
public record Pool(Path folder, Catalog catalog, long reserveBytes) {

    /** UUID of the pool. */
    public String id() {
        return catalog.identity().pool();
    }

    /** Size of the filesystem, in bytes. */
    public long totalBytes() throws IOException {
        return store().getTotalSpace();
    }

    /** What is free in it less the reserve, in bytes. */
    public long freeBytes() throws IOException {
        return Math.max(0, store().getUsableSpace() - reserveBytes);
    }

    /** Where a LUN's bytes are. */
    public Path data(CatalogLun lun) {
        return folder.resolve(lun.data());
    }

    /** The iSCSI name of a LUN's target. */
    public TargetName targetName(CatalogLun lun) {
        return new TargetName(id(), lun.facts().id());
    }

    /** What a LUN's file takes on disk, in bytes; 0 where it is gone. */
    public long allocatedBytes(CatalogLun lun) throws IOException {
        return allocatedBytes(data(lun));
    }

    private static long allocatedBytes(Path file) throws IOException {
        try {
            return FileStatus.of(file).allocatedBytes();
        } catch (LinuxException e) {
            if (e.is(Errno.ENOENT)) {
                return 0;
            }
            throw e;
        }
    }

    /**
     * The LUN of that id.
     *
     * @throws RefusedException NOT_FOUND
     */
    public CatalogLun lun(String id) throws RefusedException {
        return catalog.find(id)
                .orElseThrow(() ->
                        new RefusedException(
                                Reason.NOT_FOUND, "pool %s has no LUN '%s'".formatted(id(), id)));
    }

    /**
     * The snapshot of that id.
     *
     * @throws RefusedException NOT_FOUND
     */
    public CatalogSnapshot snapshot(String id) throws RefusedException {
        return catalog.snapshots()
                .find(id)
                .orElseThrow(() ->
                        new RefusedException(
                                Reason.NOT_FOUND,
                                "pool %s has no snapshot '%s'".formatted(id(), id)));
    }

    /** What a snapshot's file takes on disk, in bytes; 0 where it is gone. */
    public long allocatedBytes(CatalogSnapshot snapshot) throws IOException {
        return allocatedBytes(folder.resolve(snapshot.data()));
    }

    /**
     * Makes a LUN, or returns the same one that is there; see {@link Catalog#create}.
     *
     * @throws RefusedException EXHAUSTED also where nothing but the reserve is free
     */
    public CatalogLun create(LunFacts facts) throws RefusedException, IOException {
        return create(facts, Beginning.BLANK);
    }

    /** The same of a LUN that begins with other bytes. */
    public CatalogLun create(LunFacts facts, Beginning beginning)
            throws RefusedException, IOException {
        if (catalog.find(facts.id()).isEmpty()) {
            refuseWithoutRoom();
        }
        return catalog.create(facts, beginning);
    }

    /**
     * Makes a LUN at least so large; see {@link CatalogLun#expand}. LUNs are thin: how much may be
     * promised beyond the pool's size is decided where volumes are placed.
     *
     * @throws RefusedException EXHAUSTED also where it is to grow and nothing but the reserve is
     *     free
     */
    public boolean expand(CatalogLun lun, long bytes) throws RefusedException, IOException {
        if (bytes > lun.facts().sizeBytes()) {
            LunRules.checkGrowth(bytes);
            refuseWithoutRoom();
        }
        return lun.expand(bytes);
    }

    /** Refuses what takes space where nothing but the reserve is free. */
    private void refuseWithoutRoom() throws RefusedException, IOException {
        if (freeBytes() == 0) {
            throw new RefusedException(
                    Reason.EXHAUSTED,
                    "pool %s is full: only its reserve of %d bytes is free"
                            .formatted(id(), reserveBytes));
        }
    }

    private FileStore store() throws IOException {
        return Files.getFileStore(folder);
    }
}
