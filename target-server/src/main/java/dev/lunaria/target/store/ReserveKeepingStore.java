package dev.lunaria.target.store;

import dev.lunaria.target.store.StoreException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * A store that leaves its pool's {@link CatalogReserve} alone: a write that would take space from
 * it fails with NO_SPACE; one over blocks that the file has already goes on. A decorator, right
 * above the file.
 *
 * <p>Any thread; stateless. A write that has to look first waits on the store's pool, as many as
 * the sessions' windows let through.
 */
public final class ReserveKeepingStore implements BlockStore {
    private final BlockStore store;
    private final CatalogReserve reserve;
    private final Executor blocking;

    /**
     * A store over another.
     *
     * @param reserve of the pool, shared by all its stores
     * @param blocking where may be waited for the disk
     */
    public ReserveKeepingStore(BlockStore store, CatalogReserve reserve, Executor blocking) {
        this.store = store;
        this.reserve = reserve;
        this.blocking = blocking;
    }

    @Override
    public long size() {
        return store.size();
    }

    @Override
    public ReadAnswer read(long offset, ByteBuffer into, StoreCompletion whenPending) {
        return store.read(offset, into, whenPending);
    }

    @Override
    public void write(long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
        if (reserve.covers(from.remaining())) {
            store.write(offset, from, durable, completion);
            return;
        }
        try {
            blocking.execute(() -> writeIfAdmitted(offset, from, durable, completion));
        } catch (RejectedExecutionException e) {
            completion.failed(
                    new StoreException(Reason.CLOSED, "the target server is stopping", e));
        }
    }

    private void writeIfAdmitted(
            long offset, ByteBuffer from, boolean durable, StoreCompletion completion) {
        try {
            int length = from.remaining();
            if (!reserve.admits(length) && !isAllocated(offset, length)) {
                throw new StoreException(
                        Reason.NO_SPACE, "what is free of the pool is its catalog's");
            }
        } catch (StoreException e) {
            completion.failed(e);
            return;
        } catch (IOException e) {
            completion.failed(
                    new StoreException(
                            Reason.WRITE, "free space can't be asked for: " + e.getMessage(), e));
            return;
        }
        store.write(offset, from, durable, completion);
    }

    private boolean isAllocated(long offset, long length) throws StoreException {
        return store.allocated(offset, length).equals(List.of(new Range(offset, length)));
    }

    @Override
    public void flush(StoreCompletion completion) {
        store.flush(completion);
    }

    @Override
    public void discard(long offset, long length, StoreCompletion completion) {
        store.discard(offset, length, completion);
    }

    /** Takes no space where there was none. */
    @Override
    public void writeZeroes(long offset, long length, StoreCompletion completion) {
        store.writeZeroes(offset, length, completion);
    }

    @Override
    public List<Range> allocated(long offset, long length) throws StoreException {
        return store.allocated(offset, length);
    }

    @Override
    public void close() throws StoreException {
        store.close();
    }
}
