package dev.lunaria.node.attach.kernel;

import dev.lunaria.linux.LinuxException;
import dev.lunaria.linux.Processes;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that recover sessions. Disks whose writes the kernel waits for, to get memory, depend
 * on them: each is an I/O flusher where the kernel lets it. Stateless; any thread.
 */
final class KernelThreads {
    /** Logins under way at once; each may wait for its target. */
    static final int RECOVERIES = 16;

    private KernelThreads() {}

    /** A daemon thread. */
    static Thread start(String name, Runnable work) {
        return Thread.ofPlatform().daemon().name(name).start(() -> asIoFlusher(work));
    }

    /** Threads for logins, and for what is to be done later. */
    static ScheduledThreadPoolExecutor recoveries() {
        var number = new AtomicInteger();
        ThreadFactory factory =
                work ->
                        Thread.ofPlatform()
                                .daemon()
                                .name("iscsi-recovery-" + number.getAndIncrement())
                                .unstarted(() -> asIoFlusher(work));
        var threads = new ScheduledThreadPoolExecutor(RECOVERIES, factory);
        threads.setRemoveOnCancelPolicy(true);
        threads.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return threads;
    }

    private static void asIoFlusher(Runnable work) {
        try {
            Processes.becomeIoFlusher();
        } catch (LinuxException e) {
            // Said once, at the start of the program.
        }
        work.run();
    }
}
