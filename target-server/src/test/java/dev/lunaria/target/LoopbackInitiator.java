package dev.lunaria.target;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.InitiatorLogin;
import dev.lunaria.iscsi.login.InitiatorLoginSettings;
import dev.lunaria.iscsi.login.InitiatorStep;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.Cdb;
import dev.lunaria.iscsi.scsi.ReadCapacityData;
import dev.lunaria.iscsi.scsi.SenseData;
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
    private static final byte FUA = 0x08;

    private final SocketChannel channel;
    private final PduEncoder encoder = new PduEncoder();
    private final PduDecoder<TargetPdu> decoder = PduDecoder.forInitiator();
    private final ByteBuffer in = ByteBuffer.allocate(1 << 20).limit(0);
    private int cmdSn;
    private int expStatSn;
    private int tag = 1;
    private final List<AdditionalSense> conditions = new ArrayList<>();

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

    private LoopbackInitiator(SocketChannel channel) {
        this.channel = channel;
    }

    /** Logs in; one session of an initiator at a time, for the ISID is always the same. */
    static LoopbackInitiator login(
            int port, String initiator, String target, String initiatorSecret, String targetSecret)
            throws IOException {
        SocketChannel channel =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        LoopbackInitiator connected = new LoopbackInitiator(channel);
        try {
            connected.login(
                    InitiatorLoginSettings.of(
                            initiator,
                            target,
                            0x800000000001L,
                            new ChapCredential(initiator, ChapSecret.of(initiatorSecret)),
                            new ChapCredential(target, ChapSecret.of(targetSecret))));
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

    private static ByteBuffer cdb(int operation, long lba, int blocks) {
        return ByteBuffer.allocate(16).put(0, (byte) operation).putLong(2, lba).putInt(10, blocks);
    }

    private byte[] run(ByteBuffer cdb, ByteBuffer out, int inBytes) throws IOException {
        byte[] data = new byte[inBytes];
        for (int attempt = 0; attempt < 3; attempt++) {
            int status = once(cdb.duplicate(), out.duplicate(), data);
            if (status == GOOD) {
                return data;
            }
            if (status != CHECK_CONDITION) {
                throw new IOException("SCSI status " + status);
            }
        }
        throw new IOException("CHECK CONDITION, not only a unit attention");
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
                    if (response.status() == CHECK_CONDITION) {
                        ByteBuffer segment = response.data();
                        ByteBuffer sense = segment.slice(segment.position(), segment.remaining());
                        conditions.add(SenseData.parse(sense.position(2).slice()).additional());
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
