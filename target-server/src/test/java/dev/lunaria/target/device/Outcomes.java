package dev.lunaria.target.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.iscsi.scsi.AdditionalSense;
import dev.lunaria.iscsi.scsi.ScsiStatus;
import dev.lunaria.iscsi.scsi.SenseKey;

/** What tests say of outcomes. */
final class Outcomes {
    private Outcomes() {}

    static void assertGood(UnitRig.Outcome outcome) {
        assertStatus(outcome, ScsiStatus.GOOD);
    }

    static void assertStatus(UnitRig.Outcome outcome, ScsiStatus status) {
        assertThat(ScsiStatus.of(outcome.status())).contains(status);
    }

    static void assertCheck(UnitRig.Outcome outcome, SenseKey key, AdditionalSense additional) {
        assertStatus(outcome, ScsiStatus.CHECK_CONDITION);
        assertThat(outcome.sense().key()).isEqualTo(key);
        assertThat(outcome.sense().additional()).isEqualTo(additional);
    }
}
