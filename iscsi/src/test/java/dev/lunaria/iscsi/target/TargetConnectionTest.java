package dev.lunaria.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.pdu.InitiatorPdu.LoginRequest;
import dev.lunaria.iscsi.pdu.InitiatorPdu.NopOut;
import dev.lunaria.iscsi.pdu.InitiatorPdu.TextRequest;
import dev.lunaria.iscsi.pdu.Pdu;
import dev.lunaria.iscsi.pdu.ProtocolException;
import dev.lunaria.iscsi.pdu.RejectReason;
import dev.lunaria.iscsi.pdu.TargetPdu.LoginResponse;
import dev.lunaria.iscsi.pdu.TargetPdu.Reject;
import dev.lunaria.iscsi.pdu.TargetPdu.TextResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** From login to the full-feature phase: RFC 7143 §4.3, §6.3. */
final class TargetConnectionTest {
    private static final String NODE = "iqn.2026-11.dev.lunaria:node";

    private final SimWorld world = new SimWorld(1);
    private final SimTarget target = new SimTarget(world, 16);

    private record Client(TargetConnection connection, RecordedOutbox out) {

        void logIn(String keys) {
            ByteBuffer text =
                    ByteBuffer.wrap(keys.replace('\n', '\0').getBytes(StandardCharsets.UTF_8));
            connection.receive(new LoginRequest(true, false, 1, 3, 0, 0, 5, 0, 1, 1, 10, 0, text));
        }

        void logIn() {
            logIn("InitiatorName=" + NODE + "\nTargetName=" + SimTarget.NAME + "\n");
        }
    }

    private Client connect() {
        return connect(7);
    }

    private Client connect(int portalGroupTag) {
        RecordedOutbox out = new RecordedOutbox();
        TargetConnection.Link link =
                new TargetConnection.Link("peer", "10.0.0.1:3260", portalGroupTag);
        return new Client(new TargetConnection(target.environment, link, out, Runnable::run), out);
    }

    @Test
    void aDiscoverySessionNamesWhatIsGrantedAndTakesNothingElse() {
        target.grant(NODE);
        Client client = connect();
        client.logIn("InitiatorName=" + NODE + "\nSessionType=Discovery\n");
        assertThat(client.out.next(LoginResponse.class).statusClass()).isZero();
        client.connection.receive(
                new TextRequest(
                        false,
                        true,
                        false,
                        0,
                        2,
                        Pdu.RESERVED_TAG,
                        10,
                        0,
                        ByteBuffer.wrap("SendTargets=All\0".getBytes(StandardCharsets.UTF_8))));
        assertThat(
                        StandardCharsets.UTF_8
                                .decode(client.out.next(TextResponse.class).data().duplicate())
                                .toString())
                .isEqualTo("TargetName=" + SimTarget.NAME + "\0TargetAddress=10.0.0.1:3260,7\0");
        Rig rig = new Rig(Rig.limits(true, 1));
        rig.cmdSn = 11;
        client.connection.receive(rig.read(0, 1, 512));
        assertThat(client.out.next(Reject.class).reason())
                .isEqualTo(RejectReason.COMMAND_NOT_SUPPORTED.code());
        assertThat(target.directory.sessions()).isEmpty();
    }

    @Test
    void withoutAGrantTheLoginIsRefused() {
        Client client = connect();
        client.logIn();
        LoginResponse response = client.out.next(LoginResponse.class);
        assertThat(response.statusClass()).isEqualTo(2);
        assertThat(response.statusDetail()).isEqualTo(2);
        assertThat(client.out.closed).isTrue();
        assertThat(client.out.refusal).contains("AUTHORIZATION_FAILURE");
    }

    @Test
    void aSessionHasItsGrantAndIsSeenInTheDirectory() {
        target.grant(NODE);
        Client client = connect();
        client.logIn();
        LoginResponse response = client.out.next(LoginResponse.class);
        assertThat(response.statusClass()).isZero();
        TargetSession session = target.directory.sessions().getFirst();
        assertThat(session.tsih()).isEqualTo(response.tsih()).isNotZero();
        assertThat(session.grant()).isEqualTo(new SimTarget.Granted(NODE, 1));
        assertThat(session.nexus()).isEqualTo(new Nexus(NODE, 5, SimTarget.NAME, 7));
        assertThat(session.peer()).isEqualTo("peer");
        client.connection.closed();
        assertThat(target.directory.sessions()).isEmpty();
    }

    @Test
    void reinstatementEndsTheOldSessionFirst() {
        target.grant(NODE);
        Client first = connect();
        first.logIn();
        first.out.next(LoginResponse.class);
        Client second = connect();
        second.logIn();
        assertThat(first.out.closed).isTrue();
        assertThat(second.out.next(LoginResponse.class).statusClass()).isZero();
        assertThat(target.directory.sessions()).hasSize(1);
    }

    /** RFC 7143 §6.3.5 would let both live; see {@link Nexus.Path}. */
    @Test
    void aSessionIsReinstatedThroughAnotherPortalToo() {
        target.grant(NODE);
        Client first = connect(7);
        first.logIn();
        first.out.next(LoginResponse.class);
        Client second = connect(8);
        second.logIn();
        assertThat(first.out.aborted).isTrue();
        assertThat(second.out.next(LoginResponse.class).statusClass()).isZero();
        assertThat(target.directory.sessions()).hasSize(1);
        assertThat(target.directory.sessions().getFirst().nexus().portalGroupTag()).isEqualTo(8);
    }

    @Test
    void aFenceWaitsUntilNothingCanGoOutToTheFencedNode() {
        target.grant(NODE);
        Client client = connect();
        client.out.holdingAbort = true;
        client.logIn();
        CompletableFuture<Void> fence = target.revoke(NODE);
        assertThat(client.out.aborted).isTrue();
        assertThat(fence).isNotDone();
        assertThat(target.directory.sessions()).hasSize(1);
        client.out.finishAbort();
        assertThat(fence).isDone();
        assertThat(target.directory.sessions()).isEmpty();
    }

    @Test
    void aReinstatingLoginWaitsUntilNothingCanGoOutThroughTheOldConnection() {
        target.grant(NODE);
        Client first = connect();
        first.out.holdingAbort = true;
        first.logIn();
        Client second = connect();
        second.logIn();
        second.out.assertNothing();
        first.out.finishAbort();
        assertThat(second.out.next(LoginResponse.class).statusClass()).isZero();
    }

    @Test
    void aFenceDuringLoginIsSeen() {
        target.grant(NODE);
        // The nexus has a session that doesn't drain yet: the login waits behind it.
        CompletableFuture<Void> held = new CompletableFuture<>();
        TargetSession before =
                new TargetSession(
                        new Nexus(NODE, 5, SimTarget.NAME, 7),
                        target.directory.reserveTsih(),
                        new SimTarget.Granted(NODE, 1),
                        "old",
                        java.time.Instant.EPOCH,
                        Runnable::run,
                        () -> held.complete(null));
        target.directory.enter(before);
        Client client = connect();
        client.logIn();
        assertThat(held).isDone();
        client.out.assertNothing();
        CompletableFuture<Void> fence = target.revoke(NODE);
        assertThat(fence).isNotDone();
        assertThat(client.out.closed).isTrue();
        target.directory.left(before);
        before.hasDrained();
        assertThat(fence).isDone();
        client.out.assertNothing();
        assertThat(target.directory.sessions()).isEmpty();
    }

    @Test
    void aFullDirectoryIsOutOfResources() {
        target.grant(NODE);
        for (int i = 0; i < 64; i++) {
            int tsih = target.directory.reserveTsih();
            target.directory.enter(
                    new TargetSession(
                            new Nexus(NODE, 100 + i, SimTarget.NAME, 7),
                            tsih,
                            new SimTarget.Granted(NODE, 1),
                            "other",
                            java.time.Instant.EPOCH,
                            Runnable::run,
                            () -> {}));
        }
        Client client = connect();
        client.logIn();
        LoginResponse response = client.out.next(LoginResponse.class);
        assertThat(response.statusClass()).isEqualTo(3);
        assertThat(response.statusDetail()).isEqualTo(2);
    }

    @Test
    void anythingButALoginEndsAConnectionThatIsNotLoggedIn() {
        Client client = connect();
        client.connection.receive(new NopOut(true, 0, 1, -1, 0, 0, Pdu.NO_DATA));
        LoginResponse response = client.out.next(LoginResponse.class);
        assertThat(response.statusClass()).isEqualTo(2);
        assertThat(response.statusDetail()).isEqualTo(0x0b);
        assertThat(client.out.closed).isTrue();
        Client other = connect();
        other.connection.malformed(
                new ProtocolException(RejectReason.PROTOCOL_ERROR, false, Pdu.NO_DATA, "noise"));
        assertThat(other.out.closed).isTrue();
        assertThat(other.out.refusal).isEqualTo("noise");
    }
}
