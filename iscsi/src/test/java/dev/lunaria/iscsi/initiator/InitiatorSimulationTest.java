package dev.lunaria.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.text.OperationalWants;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The initiator's machine against the target's, over wires that break at any byte, a store that
 * answers in any order, and a server that dies and comes back: what was acknowledged is there, each
 * read sees it, each command ends once. {@code -Dlunaria.seed=N} repeats one world.
 */
class InitiatorSimulationTest {
    private static final int WORLDS = 400;
    private static final int BLOCKS = 128;
    private static final int OPERATIONS = 150;
    private static final long STORM = 5_000_000_000L;
    private static final long AFTER_STORM = 120_000_000_000L;

    private static final ChapCredential INITIATOR =
            new ChapCredential("iqn.2026-11.dev.lunaria:node", ChapSecret.of("initiator's secret"));
    private static final ChapCredential TARGET =
            new ChapCredential(
                    "iqn.2026-11.dev.lunaria:pool:lun", ChapSecret.of("target's secret"));

    @Test
    void whatWasAcknowledgedIsThereWhateverBreaks() {
        forEachSeed(InitiatorSimulationTest::storm);
    }

    @Test
    void aFenceEndsEverythingOnceAndNothingIsWrittenAfterIt() {
        forEachSeed(InitiatorSimulationTest::fence);
    }

    private interface World {
        void play(long seed);
    }

    private static void forEachSeed(World world) {
        Long only = Long.getLong("lunaria.seed");
        long first = only == null ? 1 : only;
        long last = only == null ? WORLDS : only;
        for (long seed = first; seed <= last; seed++) {
            try {
                world.play(seed);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("-Dlunaria.seed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private static void storm(long seed) {
        SimClock clock = new SimClock(seed);
        SimTargetServer server = new SimTargetServer(clock, BLOCKS, INITIATOR, TARGET);
        SimInitiatorNode node = new SimInitiatorNode(clock, server, settings());
        SimWorkload work = new SimWorkload(clock, node.session, BLOCKS, OPERATIONS);
        node.session.start();
        work.run();
        clock.after(clock.random.nextLong(STORM), server::restart);
        clock.after(
                STORM,
                () -> {
                    node.calm = true;
                    server.calm = true;
                    server.restart();
                });
        while (work.left + work.out > 0 && clock.now() < AFTER_STORM) {
            assertThat(clock.step()).isTrue();
        }
        assertThat(work.completed).isEqualTo(OPERATIONS);
        assertThat(work.failed).isZero();
        work.checkStore(server.store());
        node.session.close();
        while (!node.session.state().isFinal() && clock.step()) {}
        assertThat(node.session.state()).isEqualTo(SessionState.CLOSED);
    }

    private static void fence(long seed) {
        SimClock clock = new SimClock(seed);
        SimTargetServer server = new SimTargetServer(clock, BLOCKS, INITIATOR, TARGET);
        SimInitiatorNode node = new SimInitiatorNode(clock, server, settings());
        SimWorkload work = new SimWorkload(clock, node.session, BLOCKS, Integer.MAX_VALUE);
        int[] writesAtFence = {-1};
        node.session.start();
        work.run();
        clock.after(
                clock.random.nextLong(STORM),
                () -> server.revoke(() -> writesAtFence[0] = server.writesApplied));
        clock.after(STORM, () -> node.calm = true);
        while (node.session.state() != SessionState.FENCED && clock.now() < AFTER_STORM) {
            assertThat(clock.step()).isTrue();
        }
        assertThat(node.session.state()).isEqualTo(SessionState.FENCED);
        work.left = 0;
        assertThat(work.out).isZero();
        while (clock.step()) {}
        assertThat(server.writesApplied).isEqualTo(writesAtFence[0]);
        assertThat(node.session.state()).isEqualTo(SessionState.FENCED);
    }

    private static SessionSettings settings() {
        return new SessionSettings(
                List.of(new Portal("portal", 3260)),
                INITIATOR.name(),
                TARGET.name(),
                Isid.of("node", "volume", "0"),
                Optional.of(INITIATOR),
                Optional.of(TARGET),
                eager(),
                RecoverySettings.DEFAULTS);
    }

    /** The defaults but for Time2Wait: there is to be time for many reconnects. */
    private static OperationalWants eager() {
        OperationalWants d = OperationalWants.forInitiator();
        return new OperationalWants(
                d.headerDigest(),
                d.dataDigest(),
                d.initialR2t(),
                d.immediateData(),
                2048,
                d.maxBurstLength(),
                d.firstBurstLength(),
                d.maxOutstandingR2t(),
                0,
                0);
    }
}
