package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.iscsi.chap.ChapAlgorithm;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.login.InitiatorLoginSettings;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.proto.target.v1.Access;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logins over sockets to the real process, which listens on two portals: who gets in, and how. */
@TestInstance(Lifecycle.PER_CLASS)
class LoginIT {
    private static final long ISID = 0x800000000001L;
    private static final byte[] BLOCK = new byte[512];

    private OneLun lun;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        lun = OneLun.start(folder, 1 << 20, 2);
        lun.grant(1, Access.READ_WRITE);
    }

    @AfterAll
    void stop() {
        if (lun != null) {
            lun.close();
        }
    }

    private int port(int portal) {
        return lun.server().ports().get(portal);
    }

    private InitiatorLoginSettings settings(
            long isid, ChapAlgorithm algorithm, String secret, String targetSecret) {
        return new InitiatorLoginSettings(
                OneLun.INITIATOR,
                lun.target(),
                isid,
                0,
                0,
                1,
                0,
                new ChapCredential(OneLun.INITIATOR, ChapSecret.of(secret)),
                new ChapCredential(lun.target(), ChapSecret.of(targetSecret)),
                List.of(algorithm),
                OperationalWants.forInitiator());
    }

    private static void assertRefused(Throwable e, @Nullable LoginStatus status) {
        assertThat(e)
                .isInstanceOfSatisfying(
                        LoopbackInitiator.Refused.class,
                        refused -> assertThat(refused.status()).isEqualTo(status));
    }

    /** RFC 7143 §12.1.3. */
    @ParameterizedTest
    @EnumSource
    void CHAP_proves_both_sides_with_each_algorithm(ChapAlgorithm algorithm) throws Exception {
        try (LoopbackInitiator initiator =
                LoopbackInitiator.login(
                        port(0), settings(ISID, algorithm, OneLun.SECRET, OneLun.TARGET_SECRET))) {
            initiator.write(0, BLOCK, false);
        }
        assertThatThrownBy(() ->
                        LoopbackInitiator.login(
                                port(0),
                                settings(
                                        ISID,
                                        algorithm,
                                        "not the initiator's",
                                        OneLun.TARGET_SECRET)))
                .satisfies(e -> assertRefused(e, LoginStatus.AUTHENTICATION_FAILURE));
        // The initiator itself turns away from a target that can't prove itself.
        assertThatThrownBy(() ->
                        LoopbackInitiator.login(
                                port(0),
                                settings(ISID, algorithm, OneLun.SECRET, "not the target's")))
                .satisfies(e -> assertRefused(e, null));
    }

    @Test
    void discovery_shows_what_is_granted_to_whom_proves_itself_and_nothing_else() throws Exception {
        try (LoopbackInitiator discovering = discover(OneLun.initiator(), lun.proof())) {
            assertThat(discovering.sendTargets("All"))
                    .isEqualTo(
                            "TargetName=%s\0TargetAddress=127.0.0.1:%d,2\0"
                                    .formatted(lun.target(), port(1)));
        }
        assertThatThrownBy(() -> discover(null, null))
                .satisfies(e -> assertRefused(e, LoginStatus.AUTHENTICATION_FAILURE));
        ChapCredential guess =
                new ChapCredential(OneLun.INITIATOR, ChapSecret.of("a guess of twelve"));
        assertThatThrownBy(() -> discover(guess, null))
                .satisfies(e -> assertRefused(e, LoginStatus.AUTHENTICATION_FAILURE));
    }

    private LoopbackInitiator discover(
            @Nullable ChapCredential initiator, @Nullable ChapCredential target)
            throws IOException {
        return LoopbackInitiator.login(
                port(1),
                InitiatorLoginSettings.discovery(OneLun.INITIATOR, ISID, initiator, target));
    }

    /** RFC 7143 §13.9: each portal is a group of its own; two ISIDs make two sessions. */
    @Test
    void each_portal_has_a_group_tag_of_its_own_and_leads_to_the_same_unit() throws Exception {
        ChapAlgorithm any = ChapAlgorithm.SHA256;
        try (LoopbackInitiator first =
                        LoopbackInitiator.login(
                                port(0), settings(ISID, any, OneLun.SECRET, OneLun.TARGET_SECRET));
                LoopbackInitiator second =
                        LoopbackInitiator.login(
                                port(1),
                                settings(ISID + 1, any, OneLun.SECRET, OneLun.TARGET_SECRET))) {
            assertThat(first.portalGroupTag()).isEqualTo(1);
            assertThat(second.portalGroupTag()).isEqualTo(2);
            byte[] block = BLOCK.clone();
            block[0] = 42;
            first.write(0, block, false);
            assertThat(second.read(0, 1)).isEqualTo(block);
            assertThat(first.sendTargets("")).endsWith(",1\0");
            assertThat(second.sendTargets("")).endsWith(",2\0");
        }
    }

    /** RFC 7143 §11.9.1, event 3: the target will drop all connections of the session. */
    @Test
    void a_graceful_stop_tells_every_initiator_before_it_closes(@TempDir Path folder)
            throws Exception {
        try (OneLun stopping = OneLun.start(folder, 1 << 20, 1)) {
            stopping.grant(1, Access.READ_WRITE);
            LoopbackInitiator initiator =
                    LoopbackInitiator.login(
                            stopping.server().port(),
                            InitiatorLoginSettings.of(
                                    OneLun.INITIATOR,
                                    stopping.target(),
                                    ISID,
                                    OneLun.initiator(),
                                    stopping.proof()));
            initiator.write(0, BLOCK, false);
            assertThat(stopping.server().stop()).isZero();
            assertThat(initiator.awaitAsyncEvent()).isEqualTo(3);
            assertThatThrownBy(initiator::awaitAsyncEvent).isInstanceOf(IOException.class);
            initiator.close();
        }
    }
}
