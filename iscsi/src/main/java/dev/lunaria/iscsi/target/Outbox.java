package dev.lunaria.iscsi.target;

import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.TargetPdu;

/**
 * What a {@link TargetConnection} says to the outside; implemented by the transport.
 *
 * <p>Called on the connection's event loop alone; never blocks and never calls back into the
 * connection before it returns.
 */
public interface Outbox {

    /**
     * Queues a PDU behind those sent before.
     *
     * @param sent run exactly once on the event loop, when the payload of this PDU and of every one
     *     before it isn't needed any more: the bytes are out, copied, or dropped with the
     *     connection
     */
    void send(TargetPdu pdu, Runnable sent);

    /** Queues a PDU with nothing to give back. */
    default void send(TargetPdu pdu) {
        send(pdu, () -> {});
    }

    /**
     * Whether more read data may be queued. After a no, {@link TargetConnection#writable} is called
     * once there is room again.
     */
    boolean writable();

    /**
     * Login is over, its last response queued: what comes after it has these digests.
     *
     * @param maxRecvDataSegmentLength the longest data segment that this side takes, in bytes
     */
    void negotiated(Digests digests, int maxRecvDataSegmentLength);

    /** Closes the connection once everything queued has gone out. */
    void close();

    /**
     * Cuts the connection off, also one that is closing: nothing that is queued goes out any more,
     * here or from the network's own buffers. Bytes may be looked up in a file as late as they
     * leave, so a peer that must not see what is written from now on is cut off, not closed.
     *
     * @param closed run once on the event loop, now or later, when no byte can go out any more
     */
    void abort(Runnable closed);

    /** A login was refused; the transport logs it like anything else, and may count it. */
    default void loginRefused(LoginStatus status, String reason) {
        refused("login: %s: %s".formatted(status, reason));
    }

    /** Something was refused; the transport logs it with the peer's address, bounded in rate. */
    void refused(String what);
}
