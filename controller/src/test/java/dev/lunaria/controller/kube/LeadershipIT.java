package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One controller leads; when it stops another does, at once. */
final class LeadershipIT {

    private static final long WAIT_SECONDS = 20;

    private final MockCluster cluster = new MockCluster();
    private final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        cluster.close();
    }

    private Leadership candidate(String name) {
        var candidate =
                new Leadership(
                        cluster.client(),
                        "storage",
                        name,
                        () -> {
                            told.add(name + " leads");
                            return () -> told.add(name + " ends");
                        });
        candidate.start();
        return candidate;
    }

    private String next() throws InterruptedException {
        return String.valueOf(told.poll(WAIT_SECONDS, TimeUnit.SECONDS));
    }

    private Lease lease() {
        return cluster.client()
                .leases()
                .inNamespace("storage")
                .withName(Leadership.LEASE)
                .require();
    }

    @Test
    void oneLeadsUntilItStopsThenTheNext() throws Exception {
        Leadership first = candidate("first");
        assertThat(next()).isEqualTo("first leads");
        Leadership second = candidate("second");
        assertThat(told.poll(3, TimeUnit.SECONDS)).as("the second waits").isNull();
        assertThat(lease().getSpec().getHolderIdentity()).isEqualTo("first");

        first.close();
        assertThat(next()).isEqualTo("first ends");
        assertThat(next()).isEqualTo("second leads");
        second.close();
        assertThat(next()).isEqualTo("second ends");
        assertThat(told).isEmpty();
    }

    @Test
    void whoLosesTheLeaseEndsAndTriesAgain() throws Exception {
        Leadership only = candidate("only");
        assertThat(next()).isEqualTo("only leads");
        cluster.client()
                .leases()
                .inNamespace("storage")
                .withName(Leadership.LEASE)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\": {\"holderIdentity\": \"usurper\", \"leaseDurationSeconds\": 1}}");

        assertThat(next()).isEqualTo("only ends");
        assertThat(next()).isEqualTo("only leads");
        only.close();
        assertThat(next()).isEqualTo("only ends");
    }
}
