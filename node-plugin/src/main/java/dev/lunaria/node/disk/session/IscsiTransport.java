package dev.lunaria.node.disk.session;

import dev.lunaria.iscsi.initiator.InitiatorSession;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.SessionDriver;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.text.ConnectionParameters;
import dev.lunaria.service.net.ContiguousReads;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The TCP connection of one session: bytes to PDUs, PDUs to bytes.
 *
 * <p>Owned by the session's event loop. What is out is bounded by the session's commands; small
 * PDUs of one turn go into one buffer, larger data is written from where it lies.
 */
public final class IscsiTransport implements SessionDriver {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int BATCH_BYTES = 16 * 1024;

    /** From this length on data is not copied. */
    private static final int COPY_BELOW = 8 * 1024;

    /** Bytes taken from the socket in one read, unless a data segment is longer. */
    private static final int READ_BYTES = 128 * 1024;

    private final EventLoop loop;
    private final DiskLoops loops;
    private PduEncoder encoder = new PduEncoder();
    private @Nullable InitiatorSession session;
    private @Nullable Link link;
    private @Nullable ByteBuf batch;

    /** A transport without a connection, on one of those loops. */
    public IscsiTransport(EventLoop loop, DiskLoops loops) {
        this.loop = loop;
        this.loops = loops;
    }

    /** Whom to tell; before the first connect. */
    public void serve(InitiatorSession served) {
        session = served;
    }

    private InitiatorSession session() {
        if (session == null) {
            throw new IllegalStateException("no session yet");
        }
        return session;
    }

    @Override
    public void connect(Portal portal) {
        Link attempt = new Link();
        link = attempt;
        encoder = new PduEncoder();
        loops.resolve(portal.host())
                .whenComplete((address, error) ->
                        loop.execute(() -> attempt.resolved(portal, address, error)));
    }

    @Override
    public void negotiated(ConnectionParameters parameters) {
        if (link != null) {
            link.decoder.negotiated(parameters.digests(), parameters.maxRecvDataSegmentLength());
        }
        encoder.negotiated(parameters.digests());
    }

    @Override
    public void send(InitiatorPdu pdu) {
        Link to = link;
        if (to == null || to.channel == null) {
            return; // Lost meanwhile: the session will be told.
        }
        int dataBytes = PduEncoder.dataBytes(pdu);
        if (dataBytes < COPY_BELOW) {
            ByteBuf out = room(to.channel, encoder.encodedBytes(pdu));
            ByteBuffer target = out.nioBuffer(out.writerIndex(), encoder.encodedBytes(pdu));
            encoder.encode(pdu, target);
            out.writerIndex(out.writerIndex() + target.position());
            return;
        }
        ByteBuf out = room(to.channel, encoder.headerBytes(pdu));
        ByteBuffer target = out.nioBuffer(out.writerIndex(), encoder.headerBytes(pdu));
        encoder.encodeHeader(pdu, target);
        out.writerIndex(out.writerIndex() + target.position());
        writeBatch(to.channel);
        ByteBuffer data = data(pdu);
        to.channel.write(Unpooled.wrappedBuffer(data));
        int trailer = encoder.trailerBytes(dataBytes);
        if (trailer > 0) {
            ByteBuf rest = room(to.channel, trailer);
            ByteBuffer bytes = rest.nioBuffer(rest.writerIndex(), trailer);
            encoder.encodeTrailer(data, bytes);
            rest.writerIndex(rest.writerIndex() + trailer);
        }
    }

    private static ByteBuffer data(InitiatorPdu pdu) {
        return switch (pdu) {
            case InitiatorPdu.ScsiCommand command -> command.data();
            case InitiatorPdu.DataOut data -> data.data();
            case InitiatorPdu.NopOut nop -> nop.data();
            case InitiatorPdu.TextRequest text -> text.data();
            case InitiatorPdu.LoginRequest login -> login.data();
            case InitiatorPdu.TaskManagementRequest m -> throw noData(m);
            case InitiatorPdu.LogoutRequest l -> throw noData(l);
            case InitiatorPdu.SnackRequest s -> throw noData(s);
        };
    }

    private static IllegalStateException noData(InitiatorPdu pdu) {
        return new IllegalStateException("no data segment in " + pdu);
    }

    private ByteBuf room(Channel channel, int bytes) {
        if (batch != null && batch.capacity() - batch.writerIndex() < bytes) {
            writeBatch(channel);
        }
        if (batch == null) {
            batch = channel.alloc().directBuffer(Math.max(BATCH_BYTES, bytes));
        }
        return batch;
    }

    private void writeBatch(Channel channel) {
        if (batch != null) {
            channel.write(batch);
            batch = null;
        }
    }

    /** What was sent since the last call goes out. */
    public void endTurn() {
        if (link != null && link.channel != null) {
            writeBatch(link.channel);
            link.channel.flush();
        }
    }

    /** Calls back when nothing that was sent before is still to be read from its buffer. */
    void whenSent(Runnable done) {
        if (link == null || link.channel == null) {
            done.run();
            return;
        }
        writeBatch(link.channel);
        ChannelFuture written = link.channel.writeAndFlush(Unpooled.EMPTY_BUFFER);
        written.addListener(f -> done.run());
    }

    @Override
    public void disconnect() {
        Link closed = link;
        link = null;
        if (batch != null) {
            batch.release();
            batch = null;
        }
        if (closed != null && closed.channel != null) {
            closed.channel.close();
        }
    }

    /** One connection or the attempt to make it. */
    private final class Link extends ChannelInboundHandlerAdapter {
        private final PduDecoder<TargetPdu> decoder = PduDecoder.forInitiator();
        private final ContiguousReads reads = new ContiguousReads(READ_BYTES);
        private @Nullable Channel channel;

        Link() {
            decoder.leaveSegments();
        }

        private boolean current() {
            return link == this;
        }

        void resolved(Portal portal, @Nullable InetAddress address, @Nullable Throwable error) {
            if (!current()) {
                return;
            }
            if (address == null) {
                failed("no address for " + portal.host(), error);
                return;
            }
            Bootstrap bootstrap =
                    new Bootstrap()
                            .group(loop)
                            .channel(EpollSocketChannel.class)
                            .option(ChannelOption.TCP_NODELAY, true)
                            .option(
                                    ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                    (int) CONNECT_TIMEOUT.toMillis())
                            .option(ChannelOption.RECVBUF_ALLOCATOR, reads)
                            .handler(this);
            bootstrap
                    .connect(new InetSocketAddress(address, portal.port()))
                    .addListener((ChannelFuture future) -> loop.execute(() -> connected(future)));
        }

        private void connected(ChannelFuture future) {
            if (!current()) {
                future.channel().close();
            } else if (future.isSuccess()) {
                channel = future.channel();
                session().connected();
                endTurn();
            } else {
                failed("can't connect", future.cause());
            }
        }

        private void failed(String what, @Nullable Throwable cause) {
            link = null;
            session().connectFailed(cause == null ? what : what + ": " + cause.getMessage());
            endTurn();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            ByteBuffer in = bytes.nioBuffer();
            try {
                decode(in);
                bytes.skipBytes(current() ? in.position() : in.limit());
            } finally {
                reads.done(bytes, decoder.wantedTogether());
            }
        }

        private void decode(ByteBuffer in) {
            try {
                while (current()) {
                    TargetPdu pdu = decoder.decode(in);
                    if (pdu == null) {
                        return;
                    }
                    session().received(pdu);
                }
            } catch (ProtocolException e) {
                lost("the target sends what is no iSCSI: " + e.getMessage());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (current()) {
                endTurn();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            reads.close();
            lost("the target closed the connection");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            lost("connection lost: " + cause.getMessage());
        }

        private void lost(String why) {
            if (current() && channel != null) {
                disconnect();
                session().disconnected(why);
                endTurn();
            }
        }
    }
}
