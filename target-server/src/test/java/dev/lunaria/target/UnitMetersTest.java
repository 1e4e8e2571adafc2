package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.target.UnitMeters.Meter;
import dev.lunaria.target.UnitMeters.Pair;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class UnitMetersTest {
    private static final Pair WEB = new Pair("pool/web", "mybox0");
    private static final Pair DB = new Pair("pool/db", "mybox0");
    private static final Pair OTHERS = new Pair(UnitMeters.OTHERS, UnitMeters.OTHERS);

    private Instant now = Instant.EPOCH;
    private final UnitMeters meters = new UnitMeters(() -> now, 1);

    @Test
    void aSessionAfterOneThatNeverLoggedOutIsARecovery() {
        Meter first = meters.attached(WEB);
        meters.ended(first, false);
        Meter second = meters.attached(WEB);
        meters.ended(second, true);
        Meter third = meters.attached(WEB);

        assertThat(third).isSameAs(first);
        assertThat(UnitMeters.logins(first)).isEqualTo(3);
        assertThat(UnitMeters.recoveries(first)).isEqualTo(1);
        assertThat(UnitMeters.sessions(first)).isEqualTo(1);
    }

    @Test
    void pairsBeyondTheBoundShareOneMeterThatNeverGoesDown() {
        Meter web = meters.attached(WEB);
        Meter db = meters.attached(DB);
        assertThat(meters.all(_ -> true)).containsOnlyKeys(WEB, OTHERS);

        meters.ended(web, true);
        now = now.plus(UnitMeters.KEPT).plusSeconds(1);
        assertThat(meters.attached(DB)).as("there is room again").isNotSameAs(db);
        assertThat(meters.all(_ -> true)).containsOnlyKeys(DB, OTHERS);
        assertThat(UnitMeters.logins(db)).isEqualTo(1);
    }

    @Test
    void aPairWithoutASessionIsShownForAWhile() {
        Meter web = meters.attached(WEB);
        now = now.plus(Duration.ofDays(1));
        assertThat(meters.all(_ -> true)).as("in session").containsKey(WEB);
        meters.ended(web, true);
        now = now.plus(UnitMeters.KEPT);
        assertThat(meters.all(_ -> true)).containsKey(WEB);
        now = now.plusSeconds(1);
        assertThat(meters.all(_ -> true)).isEmpty();
    }

    @Test
    void aVolumeThatWasDeletedIsNotShown() {
        meters.attached(WEB);
        assertThat(meters.all(volume -> !volume.equals(WEB.volume()))).isEmpty();
    }
}
