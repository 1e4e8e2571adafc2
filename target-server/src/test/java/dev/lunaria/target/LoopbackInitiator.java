package dev.lunaria.target;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.InitiatorLogin;
import dev.lunaria.iscsi.login.InitiatorLoginSettings;
import dev.lunaria.iscsi.login.InitiatorStep;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.AsyncMessage;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TextResponse;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A blocking initiator with one command at a time, for tests: it does what it is told, and nothing
 * by itself. Owned by one thread; {@link #close} may be called by another.
 */
final class LoopbackInitiator implements AutoCloseable {

    static final int BLOCK = 512;
    private static final int GOOD = 0;
    private static final int CHECK_CONDITION = 2;
    private static final int READ_16 = 0x88;
    private static final int WRITE_16 = 0x8a;
    private static final int SYNCHRONIZE_CACHE_16 = 0x91;
    private static final int SERVICE_ACTION_IN_16 = 0x9e;
    private static final int READ_CAPACITY_16 = 0x10;
    private static final int WRITE_SAME_16 = 0x93;
    private static final byte UNMAP = 0x08;
    private static final byte FUA = 0x08;

    private final SocketChannel channel;
    private final PduEncoder encoder = new PduEncoder();
    private final PduDecoder<TargetPdu> decoder = PduDecoder.forInitiator();
    private final ByteBuffer in = ByteBuffer.allocate(1 << 20).limit(0);
    private int cmdSn;
    private int expStatSn;
    private int tag = 1;
    private int portalGroupTag;
    private final List<AdditionalSense> conditions = new ArrayList<>();
    private SenseData sense = SenseData.NOTHING;

    /** The target refused the login. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;
        private final @Nullable LoginStatus status;

        Refused(@Nullable LoginStatus status, String reason) {
            super(reason);
            this.status = status;
        }

        @Nullable LoginStatus status() {
            return status;
        }
    }

    /** A command wasn't answered GOOD. */
    static final class Failed extends IOException {
        private static final long serialVersionUID = 1;
        private final int status;
        private final transient SenseData sense;

        Failed(int status, SenseData sense) {
            super(
                    status == CHECK_CONDITION
                            ? "CHECK CONDITION, " + sense.key() + ", " + sense.additional()
                            : "SCSI status " + status);
            this.status = status;
            this.sense = sense;
        }

        /** A SCSI status (SAM-5 §5.3.1). */
        int status() {
            return status;
        }

        /** With CHECK CONDITION; otherwise it says nothing. */
        SenseData sense() {
            return sense;
        }
    }

    private LoopbackInitiator(SocketChannel channel) {
        this.channel = channel;
    }

    /** Logs in; one session of an initiator at a time, for the ISID is always the same. */
    static LoopbackInitiator login(
            int port, String initiator, String target, String initiatorSecret, String targetSecret)
            throws IOException {
        return login(
                port,
                InitiatorLoginSettings.of(
                        initiator,
                        target,
                        0x800000000001L,
                        new ChapCredential(initiator, ChapSecret.of(initiatorSecret)),
                        new ChapCredential(target, ChapSecret.of(targetSecret))));
    }

    /** Logs in as it is told. */
    static LoopbackInitiator login(int port, InitiatorLoginSettings settings) throws IOException {
        SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        LoopbackInitiator connected = new LoopbackInitiator(channel);
        try {
            connected.login(settings);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return connected;
    }

    private void login(InitiatorLoginSettings settings) throws IOException {
        InitiatorLogin login = new InitiatorLogin(settings, new SecureRandom());
        send(login.begin());
        while (true) {
            switch (login.receive(receive())) {
                case InitiatorStep.Send next -> send(next.request());
                case InitiatorStep.Failed failed ->
                        throw new Refused(failed.status(), failed.reason());
                case InitiatorStep.Established done -> {
                    cmdSn = done.result().cmdSn();
                    expStatSn = done.result().expStatSn();
                    portalGroupTag = done.result().targetPortalGroupTag();
                    decoder.negotiated(
                            done.result().connection().digests(),
                            done.result().connection().maxRecvDataSegmentLength());
                    return;
                }
            }
        }
    }

    /** Writes at most 8192 bytes; returns once the target says GOOD. */
    void write(long lba, byte[] data, boolean durable) throws IOException {
        ByteBuffer cdb = cdb(WRITE_16, lba, data.length / BLOCK);
        if (durable) {
            cdb.put(1, FUA);
        }
        run(cdb, ByteBuffer.wrap(data), 0);
    }

    byte[] read(long lba, int blocks) throws IOException {
        return run(cdb(READ_16, lba, blocks), Pdu.NO_DATA, blocks * BLOCK);
    }

    void flush() throws IOException {
        run(cdb(SYNCHRONIZE_CACHE_16, 0, 0), Pdu.NO_DATA, 0);
    }

    /** What the target said at the login. */
    int portalGroupTag() {
        return portalGroupTag;
    }

    /** SendTargets (RFC 7143 appendix C), with an answer of one PDU. */
    String sendTargets(String which) throws IOException {
        send(
                new TextRequest(
                        true,
                        true,
                        false,
                        0,
                        tag++,
                        Pdu.RESERVED_TAG,
                        cmdSn,
                        expStatSn,
                        UTF_8.encode("SendTargets=" + which + "\0")));
        if (receive() instanceof TextResponse response) {
            expStatSn = response.statSn() + 1;
            return UTF_8.decode(response.data().duplicate()).toString();
        }
        throw new IOException("no text response");
    }

    /** Waits for an asynchronous message, and passes over everything else. */
    int awaitAsyncEvent() throws IOException {
        while (true) {
            if (receive() instanceof AsyncMessage message) {
                return message.event();
            }
        }
    }

    /** Size of the logical unit in bytes, as READ CAPACITY(16) says. */
    long capacity() throws IOException {
        ByteBuffer cdb =
                ByteBuffer.allocate(16)
                        .put(0, (byte) SERVICE_ACTION_IN_16)
                        .put(1, (byte) READ_CAPACITY_16)
                        .putInt(10, ReadCapacityData.BYTES_16);
        byte[] data = run(cdb, Pdu.NO_DATA, ReadCapacityData.BYTES_16);
        return ReadCapacityData.parse16(ByteBuffer.wrap(data)).bytes();
    }

    /** What the target has said since the last call, in CHECK CONDITION; oldest first. */
    List<AdditionalSense> conditions() {
        List<AdditionalSense> said = List.copyOf(conditions);
        conditions.clear();
        return said;
    }

    /** Sends one command with Data-Out; unit attentions are heard and the command repeated. */
    void send(Cdb cdb, ByteBuffer dataOut) throws IOException {
        run(cdb.encode(), dataOut, 0);
    }

    /** Sends one command that reads so many bytes, or less. */
    byte[] receive(Cdb cdb, int bytes) throws IOException {
        return run(cdb.encode(), Pdu.NO_DATA, bytes);
    }

    /** Gives back the space of a range: WRITE SAME with UNMAP, of zeros. */
    void discard(long lba, int blocks) throws IOException {
        ByteBuffer cdb = cdb(WRITE_SAME_16, lba, blocks).put(1, UNMAP);
        run(cdb, ByteBuffer.allocate(BLOCK), 0);
    }

    private static ByteBuffer cdb(int operation, long lba, int blocks) {
        return ByteBuffer.allocate(16).put(0, (byte) operation).putLong(2, lba).putInt(10, blocks);
    }

    /** Sends a command, again where it met a unit attention. */
    private byte[] run(ByteBuffer cdb, ByteBuffer out, int inBytes) throws IOException {
        byte[] data = new byte[inBytes];
        for (int attempt = 1; ; attempt++) {
            int status = once(cdb.duplicate(), out.duplicate(), data);
            if (status == GOOD) {
                return data;
            }
            boolean again = status == CHECK_CONDITION && sense.key() == SenseKey.UNIT_ATTENTION;
            if (!again || attempt == 3) {
                throw new Failed(status, status == CHECK_CONDITION ? sense : SenseData.NOTHING);
            }
        }
    }

    private int once(ByteBuffer cdb, ByteBuffer out, byte[] data) throws IOException {
        send(
                new ScsiCommand(
                        false,
                        true,
                        data.length > 0,
                        out.hasRemaining(),
                        TaskAttribute.SIMPLE,
                        0,
                        tag++,
                        data.length + out.remaining(),
                        cmdSn++,
                        expStatSn,
                        cdb,
                        0,
                        out));
        while (true) {
            switch (receive()) {
                case DataIn part -> {
                    if (part.payload() instanceof Payload.Bytes bytes) {
                        bytes.buffer()
                                .get(
                                        bytes.buffer().position(),
                                        data,
                                        part.bufferOffset(),
                                        bytes.length());
                    }
                    if (part.withStatus()) {
                        expStatSn = part.statSn() + 1;
                        return part.status();
                    }
                }
                case ScsiResponse response -> {
                    expStatSn = response.statSn() + 1;
                    sense = senseIn(response.data());
                    if (response.status() == CHECK_CONDITION) {
                        conditions.add(sense.additional());
                    }
                    return response.status();
                }
                case NopIn ping when ping.targetTransferTag() != Pdu.RESERVED_TAG ->
                        send(
                                new NopOut(
                                        true,
                                        ping.lun(),
                                        Pdu.RESERVED_TAG,
                                        ping.targetTransferTag(),
                                        cmdSn,
                                        expStatSn,
                                        Pdu.NO_DATA));
                case LoginResponse late -> throw new IOException("a late " + late);
                case TargetPdu _ -> {
                    // An asynchronous message: the connection ends next.
                }
            }
        }
    }

    /** RFC 7143 §11.4.7.2: the sense data come after their length. */
    private static SenseData senseIn(ByteBuffer segment) {
        if (segment.remaining() < Short.BYTES) {
            return SenseData.NOTHING;
        }
        int length = segment.getShort(segment.position());
        return SenseData.parse(segment.slice(segment.position() + Short.BYTES, length));
    }

    private void send(InitiatorPdu pdu) throws IOException {
        ByteBuffer out = ByteBuffer.allocate(encoder.encodedBytes(pdu));
        encoder.encode(pdu, out);
        out.rewind();
        while (out.hasRemaining()) {
            channel.write(out);
        }
    }

    private TargetPdu receive() throws IOException {
        while (true) {
            TargetPdu pdu;
            try {
                pdu = decoder.decode(in);
            } catch (ProtocolException e) {
                throw new IOException(e);
            }
            if (pdu != null) {
                return pdu;
            }
            in.compact();
            int bytes = channel.read(in);
            in.flip();
            if (bytes < 0) {
                throw new EOFException("the target closed the connection");
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
