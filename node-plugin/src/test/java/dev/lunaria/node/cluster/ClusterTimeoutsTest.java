package dev.lunaria.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One table of all times, and that they fit each other (traps-storage 18 and 30). */
final class ClusterTimeoutsTest {
    private static ClusterTimeouts of(long seconds) {
        return new ClusterTimeouts(Duration.ofSeconds(seconds));
    }

    /** (threshold − 1) × 2 s, Linux fs/ocfs2/cluster/heartbeat.c. */
    @Test
    void theThresholdIsAboveTheOutage() {
        assertThat(of(120).deadThreshold()).isEqualTo(66);
        assertThat(of(120).resetsAfter()).isEqualTo(Duration.ofSeconds(130));
        assertThat(of(31).deadThreshold()).isEqualTo(22);
    }

    @ParameterizedTest
    @ValueSource(longs = {30, 31, 60, 120, 599, 600})
    void allTimesFitEachOther(long outage) {
        ClusterTimeouts times = of(outage);
        // The outage that is allowed for, a beat before it and one after it, resets nobody.
        assertThat(times.resetsAfter())
                .isGreaterThanOrEqualTo(
                        Duration.ofSeconds(outage).plus(ClusterTimeouts.BEAT.multipliedBy(2)));
        // A lost connection is noticed, and made again, before its node is taken for dead.
        assertThat(ClusterTimeouts.IDLE.plus(ClusterTimeouts.RECONNECT))
                .isLessThan(times.resetsAfter());
        assertThat(ClusterTimeouts.KEEP_ALIVE.multipliedBy(2)).isLessThan(ClusterTimeouts.IDLE);
        // Steady heartbeat, then connections to all members.
        assertThat(ClusterTimeouts.BEAT.multipliedBy(5).plus(ClusterTimeouts.IDLE))
                .isLessThan(ClusterTimeouts.MOUNT);
    }

    /** kubelet gives NodeStageVolume two minutes. */
    @Test
    void aMountFitsIntoAStage() {
        assertThat(ClusterTimeouts.MOUNT).isLessThan(Duration.ofMinutes(2));
    }

    /** A threshold below the measured restart is refused (traps-kubernetes 16). */
    @Test
    void noOutageBelowATargetsRestartIsTaken() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(29))
                .withMessageContaining("restart takes up to 30s");
        assertThatIllegalArgumentException().isThrownBy(() -> of(601));
        assertThat(ClusterTimeouts.USUAL)
                .isBetween(ClusterTimeouts.SHORTEST, ClusterTimeouts.LONGEST);
    }
}
