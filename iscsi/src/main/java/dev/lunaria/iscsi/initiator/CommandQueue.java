package dev.lunaria.iscsi.initiator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Commands that wait to be sent: the owner's probes, what is due, and what pauses because the
 * target was busy.
 *
 * <p>Owned by its session. Takes a fixed number of new commands; what is put back always has room,
 * it had its place before.
 */
final class CommandQueue {
    private final int bound;
    private final Deque<Task> probes = new ArrayDeque<>();
    private final Deque<Task> ready = new ArrayDeque<>();
    private final PriorityQueue<Task> delayed =
            new PriorityQueue<>(Comparator.comparingLong(t -> t.readyAt));

    CommandQueue(int bound) {
        this.bound = bound;
    }

    /** False where the queue is full. */
    boolean add(Task task) {
        return ready.size() + delayed.size() < bound && ready.add(task);
    }

    void addProbe(Task task) {
        probes.add(task);
    }

    /** Puts tasks before all others, keeping their order. */
    void putBack(List<Task> tasks) {
        for (Task task : tasks.reversed()) {
            (task.probe ? probes : ready).addFirst(task);
        }
    }

    /** Keeps a task until {@code readyAt}. */
    void delay(Task task, long readyAt) {
        task.readyAt = readyAt;
        delayed.add(task);
    }

    /** Makes due what has waited long enough. */
    void release(long now) {
        List<Task> due = new ArrayList<>();
        Task next = delayed.peek();
        while (next != null && now - next.readyAt >= 0) {
            due.add(delayed.remove());
            next = delayed.peek();
        }
        putBack(due);
    }

    /** The next one: probes first; others only where they may be sent. */
    @Nullable Task poll(boolean others) {
        Task probe = probes.poll();
        return probe != null || !others ? probe : ready.poll();
    }

    boolean isEmpty() {
        return probes.isEmpty() && ready.isEmpty() && delayed.isEmpty();
    }

    /** Removes what was rejected so often. */
    List<Task> takeRejected(int times) {
        List<Task> taken = ready.stream().filter(t -> t.rejections >= times).toList();
        ready.removeAll(taken);
        return taken;
    }

    /** Removes the probes, delayed ones too. */
    List<Task> takeProbes() {
        List<Task> taken = new ArrayList<>(probes);
        probes.clear();
        delayed.stream().filter(t -> t.probe).forEach(taken::add);
        delayed.removeIf(t -> t.probe);
        return taken;
    }

    /** Removes everything but the probes. */
    List<Task> takeAll() {
        List<Task> taken = new ArrayList<>(ready);
        ready.clear();
        delayed.stream().filter(t -> !t.probe).forEach(taken::add);
        delayed.removeIf(t -> !t.probe);
        return taken;
    }
}
