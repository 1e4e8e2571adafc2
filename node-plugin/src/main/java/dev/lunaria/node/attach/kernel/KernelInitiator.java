package dev.lunaria.node.attach.kernel;

import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.linux.IscsiMessage;
import dev.lunaria.linux.IscsiParameter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * The kernel's iSCSI initiator, as far as user space drives it. For any thread; each call blocks
 * while the kernel does what was asked for. Each session has one connection.
 */
interface KernelInitiator {

    /** A session and its SCSI host, by the kernel's numbers. */
    record Numbers(int session, int host) {}

    /** A TCP connection that was made for the kernel; closing it lets go of it here alone. */
    interface Link extends AutoCloseable {
        @Override
        void close();
    }

    /** Takes a session's events, on the thread that reads them: must not block. */
    @FunctionalInterface
    interface Listener {
        void received(IscsiMessage event);
    }

    /** Connects to a portal; blocks at most so long. */
    Link connect(Portal portal, Duration within) throws IOException;

    /** Makes a session with its connection; nothing flows yet. */
    Numbers createSession(int commands, int queueDepth) throws IOException;

    /** Has a session's events come here from now on. */
    void listen(int session, Listener listener);

    /** Ends {@link #listen}. */
    void forget(int session);

    /** Gives the session's connection a TCP connection. */
    void bind(int session, Link link) throws IOException;

    /** Sets a parameter; one that the kernel doesn't have is passed over. */
    void set(int session, IscsiParameter parameter, String value) throws IOException;

    /** Sends a PDU of a login or logout, header and padded data. */
    void send(int session, ByteBuffer pdu) throws IOException;

    /** Full-feature phase: commands flow. */
    void start(int session) throws IOException;

    /** Ends the connection's traffic; commands wait for the next {@link #bind}. */
    void suspend(int session) throws IOException;

    /** Begins to remove the session's disks; an event says when they are gone. */
    void unbind(int session) throws IOException;

    /**
     * Removes the session, however far it has come: what waits fails with EIO. Doesn't wait for its
     * disks to go.
     */
    void destroy(int session) throws IOException;
}
