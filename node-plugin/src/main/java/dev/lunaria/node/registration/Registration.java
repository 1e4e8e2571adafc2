package dev.lunaria.node.registration;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the node at the controller, again and again until it answers. For any thread; one
 * virtual thread of its own does the work.
 */
public final class Registration implements AutoCloseable, Joining {
    private static final Logger log = LoggerFactory.getLogger(Registration.class);
    private static final Duration CALL = Duration.ofSeconds(5);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final GrpcChannel registry;
    private final RegisterNodeRequest request;
    private final CompletableFuture<NodeIdentity> identity = new CompletableFuture<>();
    private final Semaphore wanted = new Semaphore(0);
    private volatile String refusal = "";
    private final Thread thread;

    /**
     * Begins to register.
     *
     * @param registry channel to the controller; stays its owner's
     * @param node the node's name
     * @param addresses IP addresses at which other nodes reach it
     * @param maxVolumes so many volumes may be on it at once
     * @param backend how it attaches volumes, as the controller shows it
     * @param memberAddress IPv4 address at which other members of shared filesystems reach it;
     *     empty: it takes no part in them
     */
    public Registration(
            GrpcChannel registry,
            String node,
            List<String> addresses,
            int maxVolumes,
            String backend,
            String memberAddress) {
        this.registry = registry;
        this.request =
                RegisterNodeRequest.newBuilder()
                        .setName(node)
                        .addAllAddresses(addresses)
                        .setMaxVolumes(maxVolumes)
                        .setBackend(backend)
                        .setMemberAddress(memberAddress)
                        .build();
        this.thread = Thread.ofVirtual().name("registration").start(this::run);
    }

    /** Whether the controller has answered. */
    public boolean isDone() {
        return identity.isDone();
    }

    /**
     * Waits for the controller's answer.
     *
     * @throws NodeFailure UNAVAILABLE where it doesn't come in time
     */
    public NodeIdentity await(Duration within) {
        try {
            return identity.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NodeFailure(
                    Kind.UNAVAILABLE,
                    "node %s isn't registered at the controller yet; repeat"
                            .formatted(request.getName()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeFailure(Kind.UNAVAILABLE, "interrupted; repeat", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("nothing completes it exceptionally", e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }

    /** Why the controller didn't make the node a member of shared filesystems; empty: it did. */
    @Override
    public String refusal() {
        return refusal;
    }

    @Override
    public void again() {
        if (wanted.availablePermits() == 0) {
            wanted.release();
        }
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            register();
            try {
                wanted.acquire();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Until the controller answers. */
    private void register() {
        Duration pause = FIRST_PAUSE;
        String lastReason = "";
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Node node =
                        RegistryGrpc.newBlockingStub(registry.channel())
                                .withDeadlineAfter(CALL.toMillis(), TimeUnit.MILLISECONDS)
                                .registerNode(request);
                log.atInfo()
                        .addKeyValue("node", node.getName())
                        .addKeyValue("cluster", node.getClusterId())
                        .addKeyValue("initiator", node.getInitiatorName())
                        .addKeyValue("member", node.getMember().getNumber())
                        .log("registered");
                refusal = node.getMemberRefusal();
                identity.complete(
                        new NodeIdentity(
                                node.getName(),
                                node.getClusterId(),
                                node.getInitiatorName(),
                                node.getTopologyMap()));
                return;
            } catch (StatusRuntimeException e) {
                String reason = e.getStatus().getCode() + " " + e.getStatus().getDescription();
                if (!reason.equals(lastReason)) {
                    log.atWarn()
                            .addKeyValue("node", request.getName())
                            .addKeyValue("reason", reason)
                            .log("the controller doesn't register this node; trying on");
                    lastReason = reason;
                }
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Duration twice = pause.multipliedBy(2);
            pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
        }
    }
}
