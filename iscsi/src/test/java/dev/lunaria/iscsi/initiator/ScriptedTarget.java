package dev.lunaria.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.Digests;
import dev.lunaria.iscsi.pdu.InitiatorPdu;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.Payload;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.RejectReason;
import dev.lunaria.iscsi.pdu.Residual;
import dev.lunaria.iscsi.pdu.TargetPdu;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseData;
import dev.lunaria.iscsi.scsi.SenseKey;
import dev.lunaria.iscsi.text.ConnectionParameters;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * A session under test together with what a target would say to it, word by word. Its logins are of
 * one request and one response. Owned by the test's thread.
 */
final class ScriptedTarget implements SessionDriver, SessionListener {
    static final int WINDOW = 32;

    final List<String> events = new ArrayList<>();
    final Deque<InitiatorPdu> sent = new ArrayDeque<>();
    final List<Portal> connects = new ArrayList<>();
    final InitiatorSession session;
    boolean connected;
    long now;
    int statSn = 1000;
    int expCmdSn;
    int window = WINDOW;
    TransferSettings transfer = new TransferSettings(8192, 65536, true, true);
    int statusClass;
    int statusDetail;
    int time2Wait;

    ScriptedTarget(RecoverySettings times, String... portals) {
        session =
                new InitiatorSession(
                        List.of(portals).stream().map(Portal::parse).toList(),
                        cmdSn -> new OneStepLogin(cmdSn),
                        times,
                        this,
                        this,
                        () -> now,
                        new Random(1));
    }

    static ScriptedTarget online() {
        return online(RecoverySettings.DEFAULTS);
    }

    static ScriptedTarget online(RecoverySettings times) {
        ScriptedTarget target = new ScriptedTarget(times, "a");
        target.session.start();
        target.comeOnline();
        return target;
    }

    /** From connecting to ONLINE. */
    void comeOnline() {
        logIn();
        session.open();
    }

    /** From connecting to VERIFYING, or to whatever a refusal leads to. */
    void logIn() {
        connected = true;
        session.connected();
        LoginRequest request = (LoginRequest) sent.remove();
        expCmdSn = request.cmdSn();
        session.received(loginResponse());
    }

    private LoginResponse loginResponse() {
        return new LoginResponse(
                true,
                false,
                1,
                3,
                0,
                0,
                0,
                7,
                0,
                statSn++,
                expCmdSn,
                maxCmdSn(),
                statusClass,
                statusDetail,
                Pdu.NO_DATA);
    }

    private int maxCmdSn() {
        return expCmdSn + window - 1;
    }

    void pass(Duration time) {
        long end = now + time.toNanos();
        while (now < end) {
            now = Math.min(end, now + 100_000_000L);
            session.tick();
        }
    }

    <P extends InitiatorPdu> P next(Class<P> type) {
        InitiatorPdu pdu = sent.remove();
        if (pdu instanceof InitiatorPdu.ScsiCommand command && !command.immediate()) {
            expCmdSn = command.cmdSn() + 1;
        }
        return type.cast(pdu);
    }

    InitiatorPdu.ScsiCommand nextCommand() {
        return next(InitiatorPdu.ScsiCommand.class);
    }

    void lose() {
        connected = false;
        session.disconnected("cut");
    }

    void answer(int tag, ScsiStatus status) {
        answer(tag, status, Pdu.NO_DATA, Residual.NONE);
    }

    void answer(int tag, ScsiStatus status, ByteBuffer segment, Residual residual) {
        session.received(
                new TargetPdu.ScsiResponse(
                        0,
                        status.code(),
                        tag,
                        0,
                        statSn++,
                        expCmdSn,
                        maxCmdSn(),
                        0,
                        residual,
                        Residual.NONE,
                        segment));
    }

    void check(int tag, SenseKey key, AdditionalSense additional) {
        ByteBuffer sense = SenseData.of(key, additional).encodeFixed();
        ByteBuffer segment = ByteBuffer.allocate(2 + sense.remaining());
        segment.putShort((short) sense.remaining()).put(sense).flip();
        answer(tag, ScsiStatus.CHECK_CONDITION, segment, Residual.NONE);
    }

    void dataIn(int tag, int dataSn, int offset, byte[] bytes, boolean status) {
        session.received(
                new TargetPdu.DataIn(
                        status,
                        false,
                        status,
                        0,
                        0,
                        tag,
                        Pdu.RESERVED_TAG,
                        status ? statSn++ : 0,
                        expCmdSn,
                        maxCmdSn(),
                        dataSn,
                        offset,
                        Residual.NONE,
                        new Payload.Bytes(ByteBuffer.wrap(bytes))));
    }

    void r2t(int tag, int transferTag, int r2tSn, int offset, int length) {
        session.received(
                new TargetPdu.ReadyToTransfer(
                        0, tag, transferTag, statSn, expCmdSn, maxCmdSn(), r2tSn, offset, length));
    }

    void pong(int tag) {
        session.received(
                new TargetPdu.NopIn(
                        0, tag, Pdu.RESERVED_TAG, statSn++, expCmdSn, maxCmdSn(), Pdu.NO_DATA));
    }

    void ping(int transferTag) {
        session.received(
                new TargetPdu.NopIn(
                        0,
                        Pdu.RESERVED_TAG,
                        transferTag,
                        statSn,
                        expCmdSn,
                        maxCmdSn(),
                        Pdu.NO_DATA));
    }

    void managed(int tag, int response) {
        session.received(
                new TargetPdu.TaskManagementResponse(
                        response, tag, statSn++, expCmdSn, maxCmdSn()));
    }

    void async(int event, int parameter2) {
        session.received(
                new TargetPdu.AsyncMessage(
                        0,
                        statSn++,
                        expCmdSn,
                        maxCmdSn(),
                        event,
                        0,
                        1,
                        parameter2,
                        0,
                        Pdu.NO_DATA));
    }

    void reject(int tag) {
        reject(tag, RejectReason.INVALID_PDU_FIELD);
    }

    void reject(int tag, RejectReason reason) {
        ByteBuffer header = ByteBuffer.allocate(Pdu.BASIC_HEADER_BYTES).putInt(16, tag);
        session.received(
                new TargetPdu.Reject(reason.code(), statSn++, expCmdSn, maxCmdSn(), 0, header));
    }

    void loggedOut(int tag) {
        session.received(
                new TargetPdu.LogoutResponse(0, tag, statSn++, expCmdSn, maxCmdSn(), 0, 0));
    }

    @Override
    public void connect(Portal portal) {
        connects.add(portal);
    }

    @Override
    public void send(InitiatorPdu pdu) {
        sent.add(pdu);
    }

    @Override
    public void negotiated(ConnectionParameters parameters) {
        assertThat(parameters).isEqualTo(connectionParameters());
    }

    private ConnectionParameters connectionParameters() {
        return new ConnectionParameters(Digests.NONE, 8192, transfer.maxSendSegment());
    }

    @Override
    public void disconnect() {
        connected = false;
        sent.clear();
    }

    @Override
    public void loggedIn() {
        events.add("loggedIn");
    }

    @Override
    public void stateChanged(SessionState state, String reason) {}

    @Override
    public void unitAttention(int additionalSenseCode, int qualifier) {
        events.add("attention %02x/%02x".formatted(additionalSenseCode, qualifier));
    }

    /** One request, one response. */
    private final class OneStepLogin implements LoginDialogue {
        private final int cmdSn;

        OneStepLogin(int cmdSn) {
            this.cmdSn = cmdSn;
        }

        @Override
        public LoginRequest first() {
            return new LoginRequest(true, false, 1, 3, 0, 0, 0, 0, 0, 0, cmdSn, 0, Pdu.NO_DATA);
        }

        @Override
        public Step received(LoginResponse response) {
            return response.statusClass() == 0
                    ? new Step.Done(transfer, connectionParameters(), time2Wait)
                    : new Step.Refused(response.statusClass(), response.statusDetail(), "no");
        }
    }
}
