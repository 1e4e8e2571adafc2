package dev.lunaria.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.attach.AttachedDisk.State;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.volume.StorageConditions.Cause;
import dev.lunaria.node.volume.StorageConditions.Condition;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Rule (CSI v1.13, NodeGetStorageHealth): no two entries have the same status and reason. */
final class StorageConditionsTest {

    private static AttachedDisk disk(String volume, State state) {
        return new AttachedDisk(
                volume,
                1,
                Path.of("/dev/loop0"),
                4096,
                512,
                state,
                "",
                false,
                UUID.fromString("00000000-0000-0000-0000-000000000001"));
    }

    private static List<Condition> look(AttachedDisk... disks) {
        return new StorageConditions(() -> List.of(disks)).look();
    }

    @Test
    void aNodeWithoutVolumesIsWell() {
        assertThat(look()).isEmpty();
    }

    /** A fence is of one node and one volume: no trouble of the storage. */
    @Test
    void aFenceIsNoTroubleOfTheStorage() {
        assertThat(look(disk("p/1", State.ONLINE), disk("p/2", State.FENCED))).isEmpty();
    }

    @Test
    void poolsThatAreAwayAreNamedTogether() {
        assertThat(
                        look(
                                disk("q/1", State.RECOVERING),
                                disk("p/1", State.RECOVERING),
                                disk("p/2", State.RECOVERING),
                                disk("r/1", State.ONLINE)))
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.cause()).isEqualTo(Cause.TARGET_AWAY);
                    assertThat(condition.message()).endsWith("p, q");
                });
    }

    @Test
    void aPoolThatIsReachedBySomeIsPartlyAway() {
        assertThat(
                        look(
                                disk("p/1", State.RECOVERING),
                                disk("p/2", State.ONLINE),
                                disk("q/1", State.RECOVERING)))
                .extracting(Condition::cause)
                .containsExactly(Cause.TARGET_AWAY, Cause.TARGET_PARTLY_AWAY);
    }

    @Test
    void aDiskProcessThatDoesNotAnswerIsTold() {
        var conditions =
                new StorageConditions(() -> {
                    throw new NodeFailure(Kind.UNAVAILABLE, "nobody listens");
                });
        assertThat(conditions.look())
                .singleElement()
                .satisfies(condition -> {
                    assertThat(condition.cause()).isEqualTo(Cause.DISK_PROCESS_AWAY);
                    assertThat(condition.message()).contains("nobody listens");
                });
    }
}
