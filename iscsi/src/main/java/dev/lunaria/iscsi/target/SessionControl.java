package dev.lunaria.iscsi.target;

/**
 * What a device server can do to a session on behalf of another nexus. Called on any thread; every
 * call may come after the session's end.
 */
public interface SessionControl {

    /**
     * Aborts all tasks that the session has taken: those that wait for their data, too. Each is
     * answered TASK ABORTED, because its initiator asked for nothing (TAS is 1, SPC-4 §7.5.10).
     *
     * @param drained called once, on any thread, when nothing of them can reach the store any more
     */
    void abortTasks(Runnable drained);

    /** Ends the session; its initiator is told, and may come back. */
    void end();
}
