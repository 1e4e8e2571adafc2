package dev.lunaria.controller.csi;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.controller.target.Faults;
import dev.lunaria.registry.Kind;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two controllers on one registry and one set of targets, and calls that overtake each other. */
final class RacesIT {

    private static final int ROUNDS = 8;

    @TempDir Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestCluster cluster;
    private FakeTarget target;
    private CsiClient one;
    private CsiClient two;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        target = cluster.addTarget("a");
        cluster.addTarget("b");
        cluster.addNode("mybox0");
        cluster.addNode("mybox1");
        one = cluster.startController("one");
        two = cluster.startController("two");
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        cluster.close();
    }

    /** Runs both at once; a refusal is its code. */
    private List<String> together(Callable<String> first, Callable<String> second)
            throws Exception {
        var barrier = new CyclicBarrier(2);
        var results = new ArrayList<Future<String>>();
        for (Callable<String> call : List.of(first, second)) {
            results.add(
                    threads.submit(() -> {
                        barrier.await();
                        try {
                            return call.call();
                        } catch (StatusRuntimeException e) {
                            return e.getStatus().getCode().name();
                        }
                    }));
        }
        return List.of(
                results.get(0).get(30, TimeUnit.SECONDS), results.get(1).get(30, TimeUnit.SECONDS));
    }

    @Test
    void oneNameIsOneVolumeWhoeverCreatesIt() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            String name = "pvc-" + i;
            List<String> ids =
                    together(
                            () -> one.create(name).getVolumeId(),
                            () -> two.create(name).getVolumeId());
            assertThat(ids.get(0)).contains("/").isEqualTo(ids.get(1));
        }
    }

    @Test
    void aSingleNodeVolumeIsPublishedToOneNodeWhoeverPublishesIt() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            String id = one.create("pvc-" + i).getVolumeId();
            List<String> results =
                    together(
                            () -> one.publish(id, "mybox0").targetName(),
                            () -> two.publish(id, "mybox1").targetName());
            assertThat(results)
                    .containsOnlyOnce("FAILED_PRECONDITION")
                    .anyMatch(result -> result.startsWith("iqn."));
        }
    }

    @Test
    void whenAFenceAndAPublishMeetTheNodeIsFencedOrHoldsANewEpoch() throws Exception {
        String id = one.create("pvc-1").getVolumeId();
        for (int i = 0; i < ROUNDS; i++) {
            long before = one.publish(id, "mybox0").epoch();
            List<String> results =
                    together(
                            () -> {
                                one.unpublish(id, "mybox0");
                                return "fenced";
                            },
                            () -> Long.toString(two.publish(id, "mybox0").epoch()));
            assertThat(results.getFirst()).isEqualTo("fenced");
            assertThat(results.getLast())
                    .isIn(Long.toString(before), Long.toString(before + 1), "ABORTED");
        }
    }

    @Test
    void deletingTogetherIsFine() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            String id = one.create("pvc-" + i).getVolumeId();
            List<String> results =
                    together(
                            () -> {
                                one.delete(id);
                                return "deleted";
                            },
                            () -> {
                                two.delete(id);
                                return "deleted";
                            });
            assertThat(results).contains("deleted").isSubsetOf("deleted", "ABORTED");
            two.delete(id);
        }
        assertThat(target.luns()).isEmpty();
        assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
    }

    @Test
    void oneNameIsOneSnapshotWhoeverTakesIt() throws Exception {
        String id = volumeOnTarget();
        for (int i = 0; i < ROUNDS; i++) {
            String name = "snap-" + i;
            List<String> ids =
                    together(
                            () -> one.snapshot(name, id).getSnapshotId(),
                            () -> two.snapshot(name, id).getSnapshotId());
            assertThat(ids.get(0)).contains("/").isEqualTo(ids.get(1));
        }
        assertThat(target.snapshotsMade()).isEqualTo(ROUNDS);
    }

    @Test
    void oneNameIsOneCopyWhoeverMakesIt() throws Exception {
        String id = volumeOnTarget();
        for (int i = 0; i < ROUNDS; i++) {
            String name = "copy-" + i;
            List<String> ids =
                    together(
                            () -> one.create(CsiClient.cloneOf(id, name)).getVolumeId(),
                            () -> two.create(CsiClient.cloneOf(id, name)).getVolumeId());
            assertThat(ids.get(0)).contains("/").isEqualTo(ids.get(1));
        }
        assertThat(target.lunsMade()).isEqualTo(1 + ROUNDS);
    }

    @Test
    void growthFromTwoSidesEndsAtTheLargerSize() throws Exception {
        String id = volumeOnTarget();
        for (int i = 1; i <= ROUNDS; i++) {
            long size = 2L * i * CsiClient.GIB;
            assertThat(
                            together(
                                    () -> "" + one.expand(id, size),
                                    () -> "" + two.expand(id, size + CsiClient.GIB)))
                    .doesNotContain("ABORTED");
            assertThat(target.luns().iterator().next().getSizeBytes())
                    .isEqualTo(size + CsiClient.GIB);
        }
    }

    /** Either the copy is of what was there, or there is no copy and nothing left of it. */
    @Test
    void aCopyThatMeetsTheDeletionOfItsSourceIsMadeOrForgotten() throws Exception {
        for (int i = 0; i < ROUNDS; i++) {
            String name = "pvc-" + i;
            String id =
                    one.create(CsiClient.volume(name).putParameters("target", "a")).getVolumeId();
            List<String> results =
                    together(
                            () -> one.create(CsiClient.cloneOf(id, name + "-copy")).getVolumeId(),
                            () -> {
                                two.delete(id);
                                return "deleted";
                            });
            assertThat(results.getLast()).isEqualTo("deleted");
            if (results.getFirst().contains("/")) {
                two.delete(results.getFirst());
            } else {
                assertThat(results.getFirst()).isEqualTo("NOT_FOUND");
            }
            assertThat(target.luns()).isEmpty();
            assertThat(cluster.registry().list(Kind.LUNARIA_VOLUME)).isEmpty();
        }
    }

    @Test
    void aSecondOperationOnTheSameVolumeIsAborted() throws Exception {
        String id = volumeOnTarget();
        Faults.Hold hold = target.faults().hold("CreateGrant");
        Future<?> first = threads.submit(() -> one.publish(id, "mybox0"));
        assertThat(hold.arrived().await(20, TimeUnit.SECONDS)).isTrue();

        assertRefused(Status.Code.ABORTED, "under way", () -> one.publish(id, "mybox0"));
        assertRefused(Status.Code.ABORTED, "under way", () -> one.unpublish(id, "mybox0"));
        assertRefused(Status.Code.ABORTED, "under way", () -> one.delete(id));
        hold.released().countDown();
        first.get(20, TimeUnit.SECONDS);
        one.unpublish(id, "mybox0");
    }

    /** A grant that a killed controller had sent arrives after the fence: it must not un-fence. */
    @Test
    void aDelayedGrantFromAnotherControllerDoesNotUnfence() throws Exception {
        String id = volumeOnTarget();
        one.publish(id, "mybox0");
        one.unpublish(id, "mybox0");
        Faults.Hold hold = target.faults().hold("CreateGrant");
        Future<?> late =
                threads.submit(() ->
                        assertRefused(
                                Status.Code.ABORTED, "epoch", () -> two.publish(id, "mybox0")));
        assertThat(hold.arrived().await(20, TimeUnit.SECONDS)).isTrue();
        long epoch = one.publish(id, "mybox0").epoch();
        one.unpublish(id, "mybox0");

        hold.released().countDown();
        late.get(20, TimeUnit.SECONDS);
        assertThat(epoch).isEqualTo(2);
        assertThat(target.luns().iterator().next().getGrants(0).getEpoch()).isEqualTo(3);
    }

    /** Unpublish overtakes the publish that was sent before it, and there was no grant yet. */
    @Test
    void anUnpublishThatOvertakesTheFirstPublishWins() throws Exception {
        String id = volumeOnTarget();
        Faults.Hold hold = target.faults().hold("CreateGrant");
        Future<?> late =
                threads.submit(() ->
                        assertRefused(
                                Status.Code.ABORTED, "epoch", () -> two.publish(id, "mybox0")));
        assertThat(hold.arrived().await(20, TimeUnit.SECONDS)).isTrue();
        one.unpublish(id, "mybox0");

        hold.released().countDown();
        late.get(20, TimeUnit.SECONDS);
        assertThat(target.grantsMade()).isEmpty();
    }

    private String volumeOnTarget() {
        return one.create(CsiClient.volume("pvc-1").putParameters("target", "a")).getVolumeId();
    }
}
