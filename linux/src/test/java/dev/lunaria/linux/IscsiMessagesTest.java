package dev.lunaria.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.linux.IscsiRequest.Stop.Purpose;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layout of struct iscsi_uevent (iscsi_if.h), byte by byte. */
final class IscsiMessagesTest {
    private static final long TRANSPORT = 0x1122334455667788L;
    private static final int UEVENT = 16;
    private static final int PAYLOAD = 72;

    private static ByteBuffer encoded(IscsiRequest request) {
        return IscsiMessages.encode(request, TRANSPORT).order(ByteOrder.nativeOrder());
    }

    @Test
    void aMessageIsANetlinkHeaderAndAnEventOf56Bytes() {
        ByteBuffer bytes = encoded(new IscsiRequest.DestroySession(7));

        assertThat(bytes.remaining()).isEqualTo(16 + 56);
        assertThat(bytes.getInt(0)).as("nlmsg_len").isEqualTo(72);
        assertThat(bytes.getShort(4)).as("nlmsg_type").isEqualTo((short) 12);
        assertThat(bytes.getShort(6)).as("NLM_F_REQUEST").isEqualTo((short) 1);
        assertThat(bytes.getInt(UEVENT)).as("type").isEqualTo(12);
        assertThat(bytes.getInt(UEVENT + 4)).as("iferror").isZero();
        assertThat(bytes.getLong(UEVENT + 8)).as("transport_handle").isEqualTo(TRANSPORT);
        assertThat(bytes.getInt(UEVENT + 16)).as("sid").isEqualTo(7);
    }

    @Test
    void createSessionHasTwoShortsBehindTheCmdSn() {
        ByteBuffer bytes = encoded(new IscsiRequest.CreateSession(1, 128, 32));

        assertThat(bytes.getInt(UEVENT)).isEqualTo(11);
        assertThat(bytes.getInt(UEVENT + 16)).as("initial_cmdsn").isEqualTo(1);
        assertThat(bytes.getShort(UEVENT + 20)).as("cmds_max").isEqualTo((short) 128);
        assertThat(bytes.getShort(UEVENT + 22)).as("queue_depth").isEqualTo((short) 32);
    }

    @Test
    void bindHasTheDescriptorAsALongAndSaysThatItLeads() {
        ByteBuffer bytes = encoded(new IscsiRequest.Bind(7, 2, 42));

        assertThat(bytes.getInt(UEVENT)).isEqualTo(15);
        assertThat(bytes.getInt(UEVENT + 16)).as("sid").isEqualTo(7);
        assertThat(bytes.getInt(UEVENT + 20)).as("cid").isEqualTo(2);
        assertThat(bytes.getLong(UEVENT + 24)).as("transport_eph").isEqualTo(42);
        assertThat(bytes.getInt(UEVENT + 32)).as("is_leading").isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"TERMINATE, 1", "RECOVER, 3"})
    void stopSaysWhatFor(Purpose purpose, int flag) {
        ByteBuffer bytes = encoded(new IscsiRequest.Stop(7, 0, purpose));

        assertThat(bytes.getInt(UEVENT)).isEqualTo(18);
        assertThat(bytes.getLong(UEVENT + 24)).as("conn_handle").isZero();
        assertThat(bytes.getInt(UEVENT + 32)).as("flag").isEqualTo(flag);
    }

    @Test
    void aParametersValueIsTextWithANulBehindTheEvent() {
        ByteBuffer bytes =
                encoded(
                        new IscsiRequest.SetParameter(
                                7, 0, IscsiParameter.REPLACEMENT_TIMEOUT, "-1"));

        assertThat(bytes.getInt(UEVENT)).isEqualTo(16);
        assertThat(bytes.getInt(UEVENT + 24)).as("param").isEqualTo(19);
        assertThat(bytes.getInt(UEVENT + 28)).as("len").isEqualTo(3);
        assertThat(bytes.remaining()).isEqualTo(PAYLOAD + 3);
        assertThat(bytes.get(PAYLOAD)).isEqualTo((byte) '-');
        assertThat(bytes.get(PAYLOAD + 1)).isEqualTo((byte) '1');
        assertThat(bytes.get(PAYLOAD + 2)).isZero();
    }

    @Test
    void aPduGoesWithTheLengthsOfHeaderAndData() {
        ByteBuffer pdu = ByteBuffer.allocate(48 + 8);
        pdu.put(0, (byte) 0x43).put(55, (byte) 9);
        ByteBuffer bytes = encoded(new IscsiRequest.SendPdu(7, 0, pdu));

        assertThat(bytes.getInt(UEVENT)).isEqualTo(19);
        assertThat(bytes.getInt(UEVENT + 24)).as("hdr_size").isEqualTo(48);
        assertThat(bytes.getInt(UEVENT + 28)).as("data_size").isEqualTo(8);
        assertThat(bytes.get(PAYLOAD)).isEqualTo((byte) 0x43);
        assertThat(bytes.get(PAYLOAD + 55)).isEqualTo((byte) 9);
    }

    @ParameterizedTest
    @CsvSource({"13, CreateConnection", "14, DestroyConnection", "17, Start"})
    void requestsOfAConnectionNameItAndNothingElse(int type, String name) {
        IscsiRequest request =
                switch (name) {
                    case "CreateConnection" -> new IscsiRequest.CreateConnection(7, 2);
                    case "DestroyConnection" -> new IscsiRequest.DestroyConnection(7, 2);
                    default -> new IscsiRequest.Start(7, 2);
                };
        ByteBuffer bytes = encoded(request);

        assertThat(bytes.getInt(UEVENT)).isEqualTo(type);
        assertThat(bytes.getInt(UEVENT + 16)).isEqualTo(7);
        assertThat(bytes.getInt(UEVENT + 20)).isEqualTo(2);
        assertThat(bytes.remaining()).isEqualTo(PAYLOAD);
    }

    private static ByteBuffer message(int netlinkType, int type, int payload) {
        ByteBuffer bytes = ByteBuffer.allocate(PAYLOAD + payload).order(ByteOrder.nativeOrder());
        return bytes.putInt(0, PAYLOAD + payload)
                .putShort(4, (short) netlinkType)
                .putInt(UEVENT, type);
    }

    @Test
    void theEventsTypeTellsWhatItIsAndNotNetlinks() {
        // Seen: the kernel's own events have netlink type 0, a failed request's answer its own.
        ByteBuffer event = message(0, 102, 0).putInt(UEVENT + 40, 7).putInt(UEVENT + 48, 1011);
        ByteBuffer failed = message(15, 103, 0).putInt(UEVENT + 4, -22);

        assertThat(IscsiMessages.decode(event))
                .isEqualTo(new IscsiMessage.ConnectionLost(7, 0, 1011));
        assertThat(IscsiMessages.decode(failed))
                .isEqualTo(new IscsiMessage.Answer(Errno.EINVAL, 0, 0));
    }

    @Test
    void anAnswerGivesTheSessionAndItsHost() {
        ByteBuffer made = message(11, 11, 0).putInt(UEVENT + 40, 3).putInt(UEVENT + 44, 5);

        assertThat(IscsiMessages.decode(made)).isEqualTo(new IscsiMessage.Answer(0, 3, 5));
    }

    @Test
    void aReturnCodeIsAnErrorWhereTheRequestHasOne() {
        ByteBuffer set = message(16, 16, 0).putInt(UEVENT + 40, -107);
        ByteBuffer created = message(11, 11, 0).putInt(UEVENT + 40, -107);

        assertThat(IscsiMessages.decode(set))
                .isEqualTo(new IscsiMessage.Answer(Errno.ENOTCONN, -107, 0));
        assertThat(IscsiMessages.decode(created)).isEqualTo(new IscsiMessage.Answer(0, -107, 0));
    }

    @Test
    void aReceivedPduIsWhatComesBehindTheEvent() {
        ByteBuffer bytes = message(0, 101, 50).putInt(UEVENT + 40, 7);
        bytes.put(PAYLOAD, (byte) 0x23).put(PAYLOAD + 49, (byte) 1);

        assertThat(IscsiMessages.decode(bytes))
                .isInstanceOfSatisfying(
                        IscsiMessage.PduReceived.class,
                        received -> {
                            assertThat(received.session()).isEqualTo(7);
                            assertThat(received.pdu().remaining()).isEqualTo(50);
                            assertThat(received.pdu().get(0)).isEqualTo((byte) 0x23);
                            assertThat(received.pdu().get(49)).isEqualTo((byte) 1);
                        });
    }

    @Test
    void unboundAndDestroyedNameTheSessionAtDifferentPlaces() {
        ByteBuffer unbound = message(0, 105, 0).putInt(UEVENT + 40, 7).putInt(UEVENT + 44, 5);
        ByteBuffer destroyed = message(0, 104, 0).putInt(UEVENT + 40, 5).putInt(UEVENT + 44, 7);

        assertThat(IscsiMessages.decode(unbound)).isEqualTo(new IscsiMessage.SessionUnbound(7));
        assertThat(IscsiMessages.decode(destroyed)).isEqualTo(new IscsiMessage.SessionGone(7));
    }

    @Test
    void whatIsCutOffIsRefused() {
        assertThatThrownBy(() -> IscsiMessages.decode(ByteBuffer.allocate(71)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> IscsiMessages.decode(message(0, 101, 47)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
