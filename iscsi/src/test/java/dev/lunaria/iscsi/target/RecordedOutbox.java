package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.TargetPdu;
import java.util.ArrayDeque;

/** Keeps what a connection says; checks that nothing follows a close. */
final class RecordedOutbox implements Outbox {
    final ArrayDeque<TargetPdu> sent = new ArrayDeque<>();
    boolean writable = true;
    boolean closed;
    boolean aborted;

    /** Whether a connection that is cut off takes its time to close. */
    boolean holdingAbort;

    private final ArrayDeque<Runnable> whenAborted = new ArrayDeque<>();
    String refusal = "";

    @Override
    public void send(TargetPdu pdu, Runnable whenSent) {
        assertThat(closed).as("sent after close: %s", pdu).isFalse();
        sent.add(pdu);
        whenSent.run();
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public void negotiated(Digests digests, int maxRecvDataSegmentLength) {}

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public void abort(Runnable whenClosed) {
        closed = true;
        aborted = true;
        whenAborted.add(whenClosed);
        if (!holdingAbort) {
            finishAbort();
        }
    }

    /** No byte can go out any more. */
    void finishAbort() {
        while (!whenAborted.isEmpty()) {
            whenAborted.remove().run();
        }
    }

    @Override
    public void refused(String what) {
        refusal = what;
    }

    /** The oldest PDU that was not looked at yet, of the given type. */
    <T extends TargetPdu> T next(Class<T> type) {
        assertThat(sent).as("PDUs sent").isNotEmpty();
        TargetPdu first = sent.remove();
        assertThat(first).isInstanceOf(type);
        return type.cast(first);
    }

    void assertNothing() {
        assertThat(sent).isEmpty();
    }
}
