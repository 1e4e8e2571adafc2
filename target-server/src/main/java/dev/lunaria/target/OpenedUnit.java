package dev.lunaria.target;

import dev.lunaria.target.device.LogicalUnit;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import dev.lunaria.target.store.RateLimitedStore;
import dev.lunaria.target.store.SparseFileStore;

/**
 * A logical unit over its open file, with those of the decorators in between that somebody asks by
 * themselves. Immutable; closing the outermost store closes all.
 *
 * @param file the innermost store
 * @param copies of snapshots that are being copied out of the unit's way
 * @param store notes who may have unflushed writes
 * @param limited the outermost one
 */
record OpenedUnit(
        LogicalUnit unit,
        SparseFileStore file,
        CopyBeforeWriteStore copies,
        UnflushedStore store,
        RateLimitedStore limited) {}
