package dev.lunaria.controller.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Elects, among all controllers of a cluster, the one whose background loops run: by a Lease. Its
 * state is guarded by its lock; the elector's thread gains and loses.
 *
 * <p>Two may believe for a moment that they lead. The loops are such that this does no harm: what
 * they do is compared and set where it happens. CSI's calls don't ask who leads.
 */
final class Leadership implements AutoCloseable {

    /** The Lease's name, in the controller's namespace. */
    static final String LEASE = "lunaria-controller";

    static final Duration LEASE_DURATION = Duration.ofSeconds(15);
    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    private static final Duration RETRY_PERIOD = Duration.ofSeconds(2);
    private static final Duration STOP_WITHIN = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(Leadership.class);

    private final KubernetesClient client;
    private final String namespace;
    private final String identity;
    private final Supplier<Runnable> duties;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private @Nullable Runnable running;
    private @Nullable CompletableFuture<?> election;
    private boolean closed;

    /**
     * @param identity names this process among all controllers
     * @param duties starts what the leader does, without blocking; what it returns ends that
     */
    Leadership(
            KubernetesClient client, String namespace, String identity, Supplier<Runnable> duties) {
        this.client = client;
        this.namespace = namespace;
        this.identity = identity;
        this.duties = duties;
    }

    /** Takes part in elections until it is closed. */
    synchronized void start() {
        if (closed) {
            return;
        }
        var config =
                new LeaderElectionConfigBuilder()
                        .withName(LEASE)
                        .withLock(new LeaseLock(namespace, LEASE, identity))
                        .withLeaseDuration(LEASE_DURATION)
                        .withRenewDeadline(RENEW_DEADLINE)
                        .withRetryPeriod(RETRY_PERIOD)
                        .withReleaseOnCancel(true)
                        .withLeaderCallbacks(
                                new LeaderCallbacks(this::gained, this::lost, leader -> {}))
                        .build();
        CompletableFuture<?> next = new LeaderElector(client, config, threads).start();
        election = next;
        var _ =
                next.whenComplete((result, failure) ->
                        CompletableFuture.delayedExecutor(
                                        RETRY_PERIOD.toMillis(), TimeUnit.MILLISECONDS)
                                .execute(this::start));
    }

    private synchronized void gained() {
        if (running == null && !closed) {
            log.atInfo().addKeyValue("lease", LEASE).log("This controller leads");
            running = duties.get();
        }
    }

    private synchronized void lost() {
        Runnable end = running;
        running = null;
        if (end != null) {
            end.run();
            log.atInfo().addKeyValue("lease", LEASE).log("This controller leads no more");
        }
    }

    /** Ends the loops, then gives the Lease back, so that another leads at once. */
    @Override
    public void close() {
        CompletableFuture<?> last;
        synchronized (this) {
            closed = true;
            last = election;
        }
        lost();
        if (last != null) {
            last.cancel(true);
        }
        threads.shutdown();
        try {
            if (!threads.awaitTermination(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                log.info("The Lease wasn't given back in time; another leads when it ends");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
