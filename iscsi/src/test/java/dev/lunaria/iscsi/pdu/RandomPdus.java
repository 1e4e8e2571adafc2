package dev.lunaria.iscsi.pdu;

import dev.lunaria.iscsi.pdu.InitiatorPdu.DataOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.LogoutRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.ScsiCommand;
import dev.lunaria.iscsi.pdu.InitiatorPdu.SnackRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import dev.lunaria.iscsi.pdu.TargetPdu.AsyncMessage;
import dev.lunaria.iscsi.pdu.TargetPdu.DataIn;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.LogoutResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.NopIn;
import dev.lunaria.iscsi.pdu.TargetPdu.ReadyToTransfer;
import dev.lunaria.iscsi.pdu.TargetPdu.Reject;
import dev.lunaria.iscsi.pdu.TargetPdu.ScsiResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TaskManagementResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.TextResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.random.RandomGenerator;

/** Makes PDUs of every kind with every field by chance. */
final class RandomPdus {
    private static final List<TaskAttribute> ATTRIBUTES = List.of(TaskAttribute.values());

    private final RandomGenerator random;
    private final int maxDataBytes;

    RandomPdus(RandomGenerator random, int maxDataBytes) {
        this.random = random;
        this.maxDataBytes = maxDataBytes;
    }

    InitiatorPdu initiator() {
        return switch (random.nextInt(8)) {
            case 0 -> new NopOut(flag(), lun(), word(), word(), word(), word(), data());
            case 1 -> command();
            case 2 ->
                    new TaskManagementRequest(
                            flag(),
                            random.nextInt(128),
                            lun(),
                            word(),
                            word(),
                            word(),
                            word(),
                            word(),
                            word());
            case 3 -> new DataOut(flag(), lun(), word(), word(), word(), word(), word(), data());
            case 4 -> {
                boolean last = flag();
                yield new TextRequest(
                        flag(),
                        last,
                        !last && flag(),
                        lun(),
                        word(),
                        word(),
                        word(),
                        word(),
                        data());
            }
            case 5 ->
                    new LoginRequest(
                            flag(),
                            flag(),
                            random.nextInt(4),
                            random.nextInt(4),
                            octet(),
                            octet(),
                            random.nextLong() >>> 16,
                            half(),
                            word(),
                            half(),
                            word(),
                            word(),
                            data());
            case 6 ->
                    new LogoutRequest(flag(), random.nextInt(128), word(), half(), word(), word());
            default ->
                    new SnackRequest(
                            random.nextInt(16), lun(), word(), word(), word(), word(), word());
        };
    }

    private ScsiCommand command() {
        int cdbBytes = flag() ? 16 : random.nextInt(16, 261);
        return new ScsiCommand(
                flag(),
                flag(),
                flag(),
                flag(),
                ATTRIBUTES.get(random.nextInt(ATTRIBUTES.size())),
                lun(),
                word(),
                word(),
                word(),
                word(),
                bytes(cdbBytes),
                flag() ? 0 : word(),
                data());
    }

    TargetPdu target() {
        return switch (random.nextInt(10)) {
            case 0 -> new NopIn(lun(), word(), word(), word(), word(), word(), data());
            case 1 ->
                    new ScsiResponse(
                            octet(),
                            octet(),
                            word(),
                            word(),
                            word(),
                            word(),
                            word(),
                            word(),
                            residual(),
                            residual(),
                            data());
            case 2 -> new TaskManagementResponse(octet(), word(), word(), word(), word());
            case 3 -> dataIn();
            case 4 ->
                    new ReadyToTransfer(
                            lun(), word(), word(), word(), word(), word(), word(), word(), word());
            case 5 ->
                    new AsyncMessage(
                            lun(), word(), word(), word(), octet(), octet(), half(), half(), half(),
                            data());
            case 6 -> {
                boolean last = flag();
                yield new TextResponse(
                        last,
                        !last && flag(),
                        lun(),
                        word(),
                        word(),
                        word(),
                        word(),
                        word(),
                        data());
            }
            case 7 ->
                    new LoginResponse(
                            flag(),
                            flag(),
                            random.nextInt(4),
                            random.nextInt(4),
                            octet(),
                            octet(),
                            random.nextLong() >>> 16,
                            half(),
                            word(),
                            word(),
                            word(),
                            word(),
                            octet(),
                            octet(),
                            data());
            case 8 -> new LogoutResponse(octet(), word(), word(), word(), word(), half(), half());
            default -> new Reject(octet(), word(), word(), word(), word(), data());
        };
    }

    private DataIn dataIn() {
        boolean withStatus = flag();
        return new DataIn(
                withStatus || flag(),
                flag(),
                withStatus,
                withStatus ? octet() : 0,
                lun(),
                word(),
                word(),
                word(),
                word(),
                word(),
                word(),
                word(),
                withStatus ? residual() : Residual.NONE,
                new Payload.Bytes(data()));
    }

    private Residual residual() {
        return switch (random.nextInt(3)) {
            case 0 -> Residual.NONE;
            case 1 -> new Residual(Residual.Kind.OVERFLOW, word());
            default -> new Residual(Residual.Kind.UNDERFLOW, word());
        };
    }

    private ByteBuffer data() {
        return bytes(flag() ? 0 : random.nextInt(maxDataBytes + 1));
    }

    private ByteBuffer bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private boolean flag() {
        return random.nextBoolean();
    }

    private int word() {
        return random.nextInt();
    }

    private int half() {
        return random.nextInt(1 << 16);
    }

    private int octet() {
        return random.nextInt(1 << 8);
    }

    private long lun() {
        return random.nextLong();
    }
}
