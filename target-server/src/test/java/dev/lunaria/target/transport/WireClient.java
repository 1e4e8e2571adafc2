package dev.lunaria.target.transport;

import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.PduDecoder;
import dev.lunaria.iscsi.pdu.PduEncoder;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TaskAttribute;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A blocking initiator that sends what a test says, for one test thread. */
final class WireClient implements AutoCloseable {
    private static final int SEGMENT = 128 << 10;
    private static final int TIMEOUT_MILLIS = 10_000;

    private final Socket socket;
    private final PduEncoder encoder = new PduEncoder();
    private final PduDecoder<TargetPdu> decoder = PduDecoder.forInitiator();
    private final byte[] chunk = new byte[SEGMENT];
    private ByteBuffer received = ByteBuffer.allocate(0);
    int cmdSn = 1;
    int tag = 1;

    WireClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(InitiatorPdu pdu) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(encoder.encodedBytes(pdu));
        encoder.encode(pdu, bytes);
        send(bytes.array());
    }

    /** The next PDU; null at the end of the stream. Its data is good until the next call. */
    @Nullable TargetPdu receive() throws IOException, ProtocolException {
        while (true) {
            TargetPdu pdu = decoder.decode(received);
            if (pdu != null) {
                return pdu;
            }
            int bytes = socket.getInputStream().read(chunk);
            if (bytes < 0) {
                return null;
            }
            received = ByteBuffer.wrap(chunk, 0, bytes);
        }
    }

    <T extends TargetPdu> T receive(Class<T> type) throws IOException, ProtocolException {
        TargetPdu pdu = receive();
        if (!type.isInstance(pdu)) {
            throw new AssertionError("expected " + type.getSimpleName() + ", got " + pdu);
        }
        return type.cast(pdu);
    }

    LoginResponse logIn(String initiator, long isid, Digests digests)
            throws IOException, ProtocolException {
        send(login(initiator, isid, digests));
        LoginResponse response = receive(LoginResponse.class);
        encoder.negotiated(digests);
        decoder.negotiated(digests, SEGMENT);
        return response;
    }

    LoginRequest login(String initiator, long isid, Digests digests) {
        String keys =
                "InitiatorName=%s\nTargetName=%s\nSessionType=Normal\nHeaderDigest=%s\nDataDigest=%s\n"
                        .formatted(
                                initiator,
                                FileTarget.NAME,
                                digests.header() ? "CRC32C" : "None",
                                digests.data() ? "CRC32C" : "None");
        keys += "MaxRecvDataSegmentLength=%d\nMaxBurstLength=1048576\n".formatted(SEGMENT);
        byte[] text = keys.replace('\n', '\0').getBytes(StandardCharsets.UTF_8);
        return new LoginRequest(
                true, false, 1, 3, 0, 0, isid, 0, tag++, 1, cmdSn, 0, ByteBuffer.wrap(text));
    }

    ScsiCommand read(int lba, int blocks) {
        return command(true, 0x28, lba, blocks, Pdu.NO_DATA);
    }

    ScsiCommand write(int lba, ByteBuffer data) {
        return command(false, 0x2a, lba, data.remaining() / 512, data);
    }

    ScsiCommand testUnitReady() {
        return new ScsiCommand(
                false,
                true,
                false,
                false,
                TaskAttribute.SIMPLE,
                0,
                tag++,
                0,
                cmdSn++,
                0,
                ByteBuffer.allocate(16),
                0,
                Pdu.NO_DATA);
    }

    private ScsiCommand command(boolean read, int opcode, int lba, int blocks, ByteBuffer data) {
        ByteBuffer cdb = ByteBuffer.allocate(16);
        cdb.put(0, (byte) opcode).putInt(2, lba).putShort(7, (short) blocks);
        return new ScsiCommand(
                false,
                true,
                read,
                !read,
                TaskAttribute.SIMPLE,
                0,
                tag++,
                blocks * 512,
                cmdSn++,
                0,
                cdb,
                0,
                data);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
