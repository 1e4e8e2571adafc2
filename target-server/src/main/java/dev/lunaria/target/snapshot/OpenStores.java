package dev.lunaria.target.snapshot;

import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import java.io.IOException;

/** The stores of LUNs, whether a session uses them or not. Any thread. */
public interface OpenStores {

    /**
     * Keeps a LUN's store open until the hold is closed, so that whoever logs in meanwhile uses the
     * same. May block.
     *
     * @throws RefusedException CONFLICT while its file is just being closed
     * @throws IOException if its file can't be opened
     */
    Hold hold(Pool pool, CatalogLun lun) throws RefusedException, IOException;

    /** A store that stays open; closed once. */
    interface Hold extends AutoCloseable {
        CopyBeforeWriteStore store();

        @Override
        void close();
    }
}
