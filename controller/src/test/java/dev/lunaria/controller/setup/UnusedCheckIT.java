package dev.lunaria.controller.setup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.controller.target.TargetConnections;
import dev.lunaria.controller.volume.Limits;
import dev.lunaria.controller.volume.NewLun;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.StorageTarget;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An installation may go when nothing is left that only it could use or delete. */
final class UnusedCheckIT {

    @TempDir Path folder;

    private final List<String> volumes = new ArrayList<>();
    private TestCluster cluster;
    private FakeTarget target;
    private TargetConnections targets;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("box");
        targets = new TargetConnections(TestCluster.ID, Optional.empty());
    }

    @AfterEach
    void stop() {
        targets.close();
        cluster.close();
    }

    private List<String> findings() {
        return new UnusedCheck(() -> volumes, cluster.registry(), targets).findings();
    }

    private StorageTarget registered() {
        return cluster.registry().get(Kind.STORAGE_TARGET, "box").orElseThrow().spec();
    }

    private void makeLun(String name) {
        targets.open(registered())
                .create(new NewLun(UUID.randomUUID(), name, 4096, Optional.empty(), Limits.NONE));
    }

    @Test
    void withNothingLeftItMayGo() {
        assertThat(findings()).isEmpty();
    }

    @Test
    void aPersistentVolumeIsLeft() {
        volumes.add("pvc-1");

        assertThat(findings()).containsExactly("1 PersistentVolumes: pvc-1");
    }

    @Test
    void aLunWithoutPersistentVolumeIsLeft() {
        makeLun("pvc-2");

        assertThat(findings()).containsExactly("1 LUNs in the pool of StorageTarget box: pvc-2");
    }

    @Test
    void ofManyAFewAreNamed() {
        IntStream.range(10, 25).forEach(number -> volumes.add("pvc-" + number));

        assertThat(findings())
                .singleElement()
                .asString()
                .startsWith("15 PersistentVolumes: pvc-10, ")
                .endsWith("pvc-19 and 5 more");
    }

    @Test
    void whoCannotBeAskedMayHoldSomething() {
        target.close();

        assertThat(findings())
                .singleElement()
                .asString()
                .contains("StorageTarget box can't be asked", "retired: true");
    }

    @Test
    void aRetiredTargetIsNotAsked() {
        target.close();
        Document<StorageTarget> there =
                cluster.registry().get(Kind.STORAGE_TARGET, "box").orElseThrow();
        StorageTarget spec = there.spec();
        cluster.registry()
                .replace(
                        Kind.STORAGE_TARGET,
                        there,
                        new StorageTarget(
                                spec.pool(),
                                spec.endpoint(),
                                "",
                                spec.portals(),
                                spec.topology(),
                                spec.overcommitPercent(),
                                false,
                                true));

        assertThat(findings()).isEmpty();
    }
}
