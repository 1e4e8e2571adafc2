package dev.lunaria.controller.snapshot;

import static dev.lunaria.controller.volume.CrashPoints.STEPS;
import static dev.lunaria.controller.volume.CrashPoints.atEveryStep;
import static dev.lunaria.controller.volume.CrashPoints.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.volume.CrashPoints;
import dev.lunaria.controller.volume.SnapshotId;
import dev.lunaria.controller.volume.VolumeId;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A controller that is killed before and after each step of a snapshot's life leaves what the same
 * call, repeated by another controller, finishes.
 */
final class SnapshotCrashPointsSimulationTest {

    @TempDir Path folder;

    private CrashPoints world;

    @BeforeEach
    void start() {
        world = new CrashPoints(folder);
    }

    @AfterEach
    void stop() {
        world.close();
    }

    private VolumeId volume(String name) {
        return world.controller().volumes().create(request(name)).id();
    }

    @Test
    void createIsFinishedByItsRepetitionAndTakesOneSnapshot() {
        VolumeId volume = volume("pvc");
        int[] killed = {0};
        atEveryStep(step -> {
            int before = world.snapshotsTaken();
            String name = "snap-" + step;
            killed[0] +=
                    world.killedAndRepeated(
                                    step, process -> process.snapshots().create(name, volume))
                            ? 1
                            : 0;
            assertThat(world.snapshotsTaken()).isEqualTo(before + 1);
        });
        assertThat(killed[0]).isGreaterThan(6).isLessThan(STEPS);
    }

    @Test
    void deleteIsFinishedByItsRepetitionAndLeavesNothing() {
        VolumeId volume = volume("pvc");
        atEveryStep(step -> {
            SnapshotId id = world.controller().snapshots().create("snap", volume).id();
            world.killedAndRepeated(step, process -> process.snapshots().delete(id));
            assertThat(world.snapshots()).isZero();
        });
    }

    /** Volumes of one pool: those of two have two servers here. */
    private Set<VolumeId> volumesOfOneServer() {
        var volumes = new HashSet<VolumeId>();
        VolumeId first = volume("pvc-0");
        for (int i = 0; volumes.size() < 3; i++) {
            VolumeId volume = volume("pvc-" + i);
            if (volume.pool().equals(first.pool())) {
                volumes.add(volume);
            }
        }
        return volumes;
    }

    @Test
    void aGroupIsFinishedByItsRepetitionWithOneSnapshotOfEachVolume() {
        Set<VolumeId> volumes = volumesOfOneServer();
        atEveryStep(step -> {
            int before = world.snapshotsTaken();
            String name = "group-" + step;
            world.killedAndRepeated(step, process -> process.groups().create(name, volumes));
            assertThat(world.snapshotsTaken()).isEqualTo(before + volumes.size());
            assertThat(world.controller().groups().create(name, volumes).snapshots())
                    .extracting(Snapshot::source)
                    .containsExactlyInAnyOrderElementsOf(volumes);
        });
    }

    @Test
    void theDeletionOfAGroupIsFinishedByItsRepetitionAndLeavesNothing() {
        Set<VolumeId> volumes = volumesOfOneServer();
        atEveryStep(step -> {
            SnapshotGroup group = world.controller().groups().create("group", volumes);
            Set<SnapshotId> ids =
                    group.snapshots().stream().map(Snapshot::id).collect(Collectors.toSet());
            world.killedAndRepeated(step, process -> process.groups().delete(group.id(), ids));
            assertThat(world.snapshots()).isZero();
        });
    }
}
