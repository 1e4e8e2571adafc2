package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.CrashPoints.NODE;
import static dev.lunaria.controller.volume.CrashPoints.STEPS;
import static dev.lunaria.controller.volume.CrashPoints.atEveryStep;
import static dev.lunaria.controller.volume.CrashPoints.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.controller.volume.CrashPoints.ControllerProcess;
import dev.lunaria.registry.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A controller that is killed before and after each of its steps leaves what the same call,
 * repeated by another controller, finishes: every step is tried, none is chosen by chance.
 */
final class CrashPointsSimulationTest {

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

    private VolumeId create(String name) {
        return world.controller().volumes().create(request(name)).id();
    }

    private Volume get(VolumeId id) {
        return world.controller().volumes().get(id);
    }

    @Test
    void createIsFinishedByItsRepetitionAndMakesOneLun() {
        int[] killed = {0};
        atEveryStep(step -> {
            int before = world.lunsMade();
            killed[0] +=
                    world.killedAndRepeated(
                                    step,
                                    process -> process.volumes().create(request("pvc-" + step)))
                            ? 1
                            : 0;
            assertThat(world.lunsMade()).isEqualTo(before + 1);
        });
        assertThat(killed[0]).isGreaterThan(6).isLessThan(STEPS);
    }

    /** Of a volume and of a snapshot, each in a pool that isn't the one with most room. */
    @Test
    void aCopyIsFinishedByItsRepetitionAndMakesOneLunInItsSourcesPool() {
        VolumeId volume = create("pvc");
        var snapshot = world.controller().snapshots().create("snap", volume).id();
        for (VolumeSource source :
                List.of(new VolumeSource.OfVolume(volume), new VolumeSource.OfSnapshot(snapshot))) {
            atEveryStep(step -> {
                int before = world.lunsMade();
                String name = "copy of " + source.description() + step;
                var wanted = request(name, Optional.of(source));
                world.killedAndRepeated(step, process -> process.volumes().create(wanted));
                assertThat(world.lunsMade()).isEqualTo(before + 1);
                Volume copy = world.controller().volumes().create(wanted);
                assertThat(copy.id().pool()).isEqualTo(volume.pool());
                assertThat(copy.source()).contains(source);
            });
        }
    }

    /** Else the provisioner would ask for the copy for ever. */
    @Test
    void aCopyOfWhatIsDeletedMeanwhileIsGivenUpAndLeavesNothing() {
        VolumeId volume = create("pvc");
        var source = new VolumeSource.OfVolume(volume);
        world.pool(volume.pool())
                .beforeNextCreate(() -> world.controller().volumes().delete(volume));

        assertReason(
                Failure.Reason.NOT_FOUND,
                () -> world.controller().volumes().create(request("copy", Optional.of(source))));
        assertThat(world.luns()).isZero();
        assertThat(world.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
    }

    @Test
    void deleteIsFinishedByItsRepetitionAndLeavesNothing() {
        atEveryStep(step -> {
            VolumeId id = create("pvc");
            world.killedAndRepeated(step, process -> process.volumes().delete(id));
            assertThat(world.luns()).isZero();
            assertThat(world.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
        });
    }

    /** Else the LUN would be there again, at the epochs and so with the secrets of the old one. */
    @Test
    void aCreateThatIsOvertakenByADeleteLeavesNothing() {
        VolumeId id = create("pvc");
        world.pool(id.pool()).beforeNextCreate(() -> world.controller().volumes().delete(id));

        assertReason(Failure.Reason.BUSY, () -> create("pvc"));
        assertThat(world.luns()).isZero();
        assertThat(create("pvc")).isNotEqualTo(id);
    }

    private static void assertReason(Failure.Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.reason()).isEqualTo(reason));
    }

    @Test
    void expandIsFinishedByItsRepetitionAtTheSizeAskedFor() {
        VolumeId id = create("pvc");
        atEveryStep(step -> {
            long size = (2L + step) << 20;
            world.killedAndRepeated(
                    step, process -> process.volumes().expand(id, new SizeRange(size, size)));
            assertThat(get(id).sizeBytes()).isEqualTo(size);
        });
    }

    @Test
    void modifyIsFinishedByItsRepetitionAndKeepsWhatItDoesNotName() {
        VolumeId id = create("pvc");
        var bandwidth = new LimitChanges(OptionalLong.empty(), OptionalLong.of(1 << 20));
        world.controller().volumes().modify(id, bandwidth);
        atEveryStep(step -> {
            var operations = new LimitChanges(OptionalLong.of(10L + step), OptionalLong.empty());
            world.killedAndRepeated(step, process -> process.volumes().modify(id, operations));
            assertThat(world.pool(id.pool()).find(id.lun()).orElseThrow().limits())
                    .isEqualTo(new Limits(10L + step, 1 << 20));
        });
    }

    @Test
    void publishIsFinishedByItsRepetitionAtTheSameEpoch() {
        VolumeId id = create("pvc");
        long[] epoch = {0};
        atEveryStep(step -> {
            world.killedAndRepeated(step, process -> publish(process, id));
            assertThat(publish(world.controller(), id)).isEqualTo(++epoch[0]);
            world.controller().volumes().unpublish(id, Optional.of(NODE));
        });
    }

    private static long publish(ControllerProcess process, VolumeId id) {
        return process.volumes().publish(new PublishRequest(id, NODE, false, true)).epoch();
    }

    @Test
    void unpublishIsFinishedByItsRepetitionAndRaisesTheEpochOnce() {
        VolumeId id = create("pvc");
        atEveryStep(step -> {
            long epoch = publish(world.controller(), id);
            world.killedAndRepeated(
                    step, process -> process.volumes().unpublish(id, Optional.of(NODE)));
            assertThat(get(id).publishedNodes()).isEmpty();
            assertThat(epoch).isEqualTo(step + 1);
        });
    }
}
