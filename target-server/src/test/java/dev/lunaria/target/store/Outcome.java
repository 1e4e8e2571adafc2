package dev.lunaria.target.store;

import dev.lunaria.target.store.BlockStore.StoreCompletion;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A completion that a test waits for; complains when it is told twice. Any thread. */
public final class Outcome implements StoreCompletion {

    private static final long PATIENCE_SECONDS = 30;

    private final CompletableFuture<@Nullable StoreException> told = new CompletableFuture<>();
    private volatile boolean twice;

    @Override
    public void done() {
        twice |= !told.complete(null);
    }

    @Override
    public void failed(StoreException cause) {
        twice |= !told.complete(cause);
    }

    /** Whether it has been told. */
    public boolean isTold() {
        return told.isDone();
    }

    /** Waits for the end; null where it is done, otherwise why it failed. */
    public StoreException.@Nullable Reason await() {
        StoreException cause = told.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
        if (twice) {
            throw new AssertionError("a completion was told twice");
        }
        return cause == null ? null : cause.reason();
    }
}
