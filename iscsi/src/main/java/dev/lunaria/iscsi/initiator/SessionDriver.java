package dev.lunaria.iscsi.initiator;

import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.text.ConnectionParameters;

/**
 * What an {@link InitiatorSession} needs from the world: a connection, one at a time.
 *
 * <p>Called on the session's event loop. No method calls the session back before it returns.
 */
public interface SessionDriver {

    /**
     * Connects to a portal. Answered once, by {@link InitiatorSession#connected} or {@link
     * InitiatorSession#connectFailed}, unless {@link #disconnect} comes first.
     */
    void connect(Portal portal);

    /** From the next PDU on, both ways, this holds: digests, and the longest data segment. */
    void negotiated(ConnectionParameters parameters);

    /**
     * Sends a PDU on the connection, in the order of the calls. Its data is read until it is on the
     * wire or the connection is closed.
     */
    void send(InitiatorPdu pdu);

    /**
     * Closes the connection, or gives up connecting; nothing to do where there is none. Nothing
     * more of it, no PDU and no loss, may be told to the session, and nothing more may be read from
     * buffers of what was sent.
     */
    void disconnect();
}
