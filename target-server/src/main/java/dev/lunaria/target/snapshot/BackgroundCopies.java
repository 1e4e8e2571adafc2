package dev.lunaria.target.snapshot;

import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.store.ChunkedCopy;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies that go on in the background, each in its turn, until they are whole or have failed.
 *
 * <p>Any thread. {@link #THREADS} threads of their own, each with one chunk at the disk at a time;
 * a copy waits in the queue once at most, so the queue is bounded by the snapshots and LUNs that
 * the pools hold. A copy stops and fails when only the pool's reserve is left: LUNs in use come
 * first.
 */
public final class BackgroundCopies implements AutoCloseable {

    /** Chunks that are read and written at once in the background, over all copies. */
    static final int THREADS = 2;

    private static final int CHUNKS_IN_A_TURN = 16;
    private static final long STOP_SECONDS = 30;

    private static final Logger LOG = LoggerFactory.getLogger(BackgroundCopies.class);

    private final ConcurrentHashMap<String, Job> jobs = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(
                    THREADS,
                    THREADS,
                    10,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(),
                    Thread.ofPlatform().name("copy-", 0).daemon(true).factory());
    private volatile boolean stopping;

    public BackgroundCopies() {
        threads.allowCoreThreadTimeOut(true);
    }

    /** What a copy is for. Called by one thread at a time; may block. */
    interface Outcome {
        /** Whether nobody wants it any more. */
        boolean isGone();

        /** It is whole and durable: says so durably. */
        void whole() throws RefusedException, IOException;

        /** It is of no use: says so durably. */
        void failed() throws RefusedException, IOException;
    }

    /** One copy; {@code turn} is held by who works on it. */
    private static final class Job {
        final String id;
        final Pool pool;
        final ChunkedCopy copy;
        final Outcome outcome;
        final Runnable letGo;
        final ReentrantLock turn = new ReentrantLock();
        volatile boolean givenUp;
        private boolean hasLetGo;

        Job(String id, Pool pool, ChunkedCopy copy, Outcome outcome, Runnable letGo) {
            this.id = id;
            this.pool = pool;
            this.copy = copy;
            this.outcome = outcome;
            this.letGo = letGo;
        }

        /** Before anybody hears how it ended: its origin may be deleted then. */
        void letGoOnce() {
            if (!hasLetGo) {
                hasLetGo = true;
                letGo.run();
            }
        }
    }

    /**
     * Takes over a copy.
     *
     * @param id of what is being filled
     * @param letGo runs once when it is over, before its files are closed
     */
    void start(String id, Pool pool, ChunkedCopy copy, Outcome outcome, Runnable letGo) {
        Job job = new Job(id, pool, copy, outcome, letGo);
        jobs.put(id, job);
        submit(job);
    }

    /** Bytes that are still to be copied into this, at most; 0 where nothing is being copied. */
    public long remainingBytes(String id) {
        Job job = jobs.get(id);
        return job == null ? 0 : job.copy.remainingBytes();
    }

    /** Ends a copy at once whose LUN or snapshot was deleted. May block for one turn. */
    public void giveUp(String id) {
        Job job = jobs.get(id);
        if (job != null) {
            job.givenUp = true;
            job.copy.fail(new IOException("deleted"));
            inTurn(job, () -> end(job));
        }
    }

    /** Whether something is being copied into this. */
    boolean isCopying(String id) {
        return jobs.containsKey(id);
    }

    /** Copies that are under way. */
    public int count() {
        return jobs.size();
    }

    /** Stops where they are; what can go on does so after the next start. May block. */
    @Override
    public void close() {
        stopping = true;
        threads.shutdown();
        for (Job job : List.copyOf(jobs.values())) {
            job.copy.fail(new IOException("the target server is stopping"));
            inTurn(job, () -> end(job));
        }
        try {
            if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("a copy is stuck at the disk; it is left behind");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void submit(Job job) {
        try {
            threads.execute(() -> inTurn(job, () -> turn(job)));
        } catch (RejectedExecutionException e) {
            // Stopping: close() ends it.
            LOG.atDebug().addKeyValue("id", job.id).log("stopping");
        }
    }

    private void inTurn(Job job, Runnable work) {
        job.turn.lock();
        try {
            if (jobs.get(job.id) == job) {
                work.run();
            }
        } finally {
            job.turn.unlock();
        }
    }

    private void turn(Job job) {
        try {
            for (int i = 0; i < CHUNKS_IN_A_TURN; i++) {
                if (stopping) {
                    return;
                }
                if (job.outcome.isGone()) {
                    end(job);
                    return;
                }
                if (!job.copy.copyNext()) {
                    finish(job);
                    return;
                }
            }
            if (job.pool.freeBytes() == 0) {
                throw new IOException("only the pool's reserve is free");
            }
            submit(job);
        } catch (IOException | RuntimeException e) {
            failed(job, e);
        }
    }

    private void finish(Job job) {
        try {
            job.copy.finish();
            job.letGoOnce();
            job.outcome.whole();
            end(job);
            LOG.atInfo().addKeyValue("id", job.id).log("copied");
        } catch (RefusedException e) {
            // It was deleted meanwhile.
            end(job);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            failed(job, e);
        }
    }

    private void failed(Job job, Exception cause) {
        if (stopping || job.givenUp) {
            // Who said so ends it.
            return;
        }
        LOG.atError()
                .addKeyValue("pool", job.pool.id())
                .addKeyValue("id", job.id)
                .setCause(cause)
                .log("the copy has failed: delete it, and make another");
        job.copy.fail(new IOException(cause));
        try {
            job.letGoOnce();
            job.outcome.failed();
        } catch (RefusedException e) {
            LOG.atDebug().addKeyValue("id", job.id).log("deleted meanwhile");
        } catch (IOException e) {
            LOG.atError()
                    .addKeyValue("id", job.id)
                    .setCause(e)
                    .log("that it failed can't be noted; after the next start it has failed too");
        }
        end(job);
    }

    private void end(Job job) {
        if (jobs.remove(job.id, job)) {
            job.letGoOnce();
            job.copy.close();
        }
    }
}
