package dev.lunaria.target.transport;

import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.target.Outbox;
import dev.lunaria.iscsi.target.TargetConnection;
import dev.lunaria.service.net.ContiguousReads;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One iSCSI connection: brings its bytes to a {@link TargetConnection}, and what that says to the
 * channel.
 *
 * <p>Owned by the channel's event loop. A read of up to 128 KiB is one turn, whose small answers go
 * out as one write; a channel whose outbound is over its high-water mark is not read.
 */
final class ConnectionHandler extends ChannelInboundHandlerAdapter implements Outbox {
    private final SocketChannel channel;
    private final PortalSettings settings;
    private final Refusals refusals;
    private final PduDecoder<InitiatorPdu> decoder = PduDecoder.forTarget();
    private final ContiguousReads reads = new ContiguousReads(PortalSettings.READ_BYTES);
    private final OutboundBatch outbound;
    private final TurnExecutor turns;
    private final TargetConnection connection;
    private @Nullable Future<?> timer;
    private boolean closing;
    private boolean refusalLogged;

    ConnectionHandler(
            SocketChannel channel,
            PortalSettings settings,
            Refusals refusals,
            BiFunction<Outbox, TurnExecutor, TargetConnection> connections) {
        this.channel = channel;
        this.settings = settings;
        this.refusals = refusals;
        decoder.leaveSegments();
        channel.config().setRecvByteBufAllocator(reads);
        this.outbound = new OutboundBatch(channel);
        this.turns = new TurnExecutor(channel.eventLoop(), outbound::flush, this::failed);
        this.connection = connections.apply(this, turns);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        timer =
                channel.eventLoop()
                        .schedule(
                                this::loginTimeout,
                                settings.loginTimeout().toMillis(),
                                TimeUnit.MILLISECONDS);
    }

    private void loginTimeout() {
        if (!connection.isFullFeature()) {
            refused("no login within " + settings.loginTimeout().toSeconds() + " s");
            channel.close();
            return;
        }
        long period = settings.pingInterval().toMillis();
        timer =
                channel.eventLoop()
                        .scheduleAtFixedRate(
                                () -> turns.turn(connection::timer),
                                period,
                                period,
                                TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            turns.turn(() -> decode(bytes));
        } finally {
            reads.done(bytes, decoder.wantedTogether());
        }
    }

    private void decode(ByteBuf bytes) {
        ByteBuffer in = bytes.nioBuffer();
        decode(in);
        bytes.skipBytes(closing ? bytes.readableBytes() : in.position());
    }

    private void decode(ByteBuffer in) {
        while (!closing) {
            try {
                InitiatorPdu pdu = decoder.decode(in);
                if (pdu == null) {
                    return;
                }
                connection.receive(pdu);
            } catch (ProtocolException malformed) {
                connection.malformed(malformed);
                if (!malformed.recoverable()) {
                    close();
                }
            }
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        boolean writable = channel.isWritable();
        channel.config().setAutoRead(writable);
        if (writable) {
            turns.execute(connection::writable);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        closing = true;
        Future<?> running = timer;
        if (running != null) {
            running.cancel(false);
        }
        turns.turn(connection::closed);
        outbound.drop();
        reads.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        failed(cause);
    }

    /** A peer that resets its connection is no event; anything else ends this connection alone. */
    private void failed(Throwable cause) {
        if (!(cause instanceof IOException)) {
            refusals.failed(channel.remoteAddress(), cause);
        }
        abort(() -> {});
    }

    /** On any thread: tells the initiator, ends the session, closes. */
    void stop() {
        turns.execute(connection::stop);
    }

    @Override
    public void send(TargetPdu pdu, Runnable sent) {
        outbound.send(pdu, sent);
    }

    @Override
    public boolean writable() {
        return channel.isWritable();
    }

    @Override
    public void negotiated(Digests digests, int maxRecvDataSegmentLength) {
        decoder.negotiated(digests, maxRecvDataSegmentLength);
        outbound.negotiated(digests);
    }

    /** Closes this side behind the last answer, and waits a little until the peer has read it. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        closing = true;
        outbound.flush();
        channel.eventLoop()
                .schedule(this::lingered, PortalSettings.LINGER.toMillis(), TimeUnit.MILLISECONDS);
        channel.config().setAutoRead(true);
        channel.write(channel.alloc().buffer(0)).addListener(sent -> channel.shutdownOutput());
        channel.flush();
    }

    /** What the peer of a session hasn't read by now, it isn't sent behind a fence either. */
    private void lingered() {
        if (connection.isFullFeature()) {
            abort(() -> {});
        } else {
            channel.close();
        }
    }

    /** Closes at once, with a reset: the kernel drops what it has not sent. */
    @Override
    public void abort(Runnable closed) {
        closing = true;
        try {
            channel.config().setSoLinger(0);
        } catch (ChannelException gone) {
            // The socket is closed already.
        }
        channel.close();
        channel.closeFuture().addListener(done -> closed.run());
    }

    @Override
    public void loginRefused(LoginStatus status, String reason) {
        refusals.loginRefused(status);
        Outbox.super.loginRefused(status, reason);
    }

    @Override
    public void refused(String what) {
        if (!refusalLogged) {
            refusalLogged = true;
            refusals.log(channel.remoteAddress(), what);
        }
    }
}
