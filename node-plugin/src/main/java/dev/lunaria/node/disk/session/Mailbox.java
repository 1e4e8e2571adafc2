package dev.lunaria.node.disk.session;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Work handed to an event loop: however much comes at once, the loop is woken once.
 *
 * <p>Any thread posts; the loop runs. Bounded by who posts: a disk's users keep a fixed number of
 * requests in flight.
 */
final class Mailbox {
    private final Executor loop;
    private final Runnable afterBatch;
    private final Queue<Runnable> letters = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /**
     * A mailbox of a loop.
     *
     * @param afterBatch run after all that had come
     */
    Mailbox(Executor loop, Runnable afterBatch) {
        this.loop = loop;
        this.afterBatch = afterBatch;
    }

    void post(Runnable letter) {
        letters.add(letter);
        if (scheduled.compareAndSet(false, true)) {
            loop.execute(this::run);
        }
    }

    private void run() {
        scheduled.set(false);
        Runnable letter = letters.poll();
        while (letter != null) {
            letter.run();
            letter = letters.poll();
        }
        afterBatch.run();
    }
}
