package dev.lunaria.node.cluster;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.registration.Joining;
import dev.lunaria.node.registration.NodeIdentity;
import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This node as a member of the cluster that shares filesystems: its kernel is kept in agreement
 * with the registry. For any platform thread, guarded by its lock; one thread of its own makes the
 * kernel agree at each change, and every {@link #ROUND} where something failed or somebody else
 * interfered.
 *
 * <p>Nothing is remembered but what the registry told last: the rest is the kernel's.
 */
public final class SharedCluster implements SharedFilesystems, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SharedCluster.class);

    /** Between two looks at the kernel. */
    static final Duration ROUND = Duration.ofSeconds(10);

    private static final Duration STOP = Duration.ofSeconds(2);

    /** Makes the stack of a cluster by its name. */
    interface Stacks {
        O2cb of(String cluster);
    }

    private final Supplier<NodeIdentity> identity;
    private final Joining joining;
    private final Heartbeats heartbeats;
    private final ClusterTimeouts timeouts;
    private final Stacks stacks;
    private final Path clusterConf;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Thread thread;
    private @Nullable Collection<Member> members;
    private boolean isNew;
    private NodeFailure problem =
            new NodeFailure(
                    Kind.UNAVAILABLE,
                    "the controller hasn't told yet who takes part in shared filesystems; repeat");
    private boolean ready;
    private String lastTrouble = "";

    /** A member, with the watch that tells it of the others. */
    public static AutoCloseable watching(SharedCluster cluster, GrpcChannel registry) {
        return new RegistryMembers(registry, cluster::told);
    }

    /**
     * Begins, in the kernel of this host.
     *
     * @param identity waits, bounded, until the node is registered
     * @param joining how it becomes a member
     * @param hostRoot below which the kernel's modules are
     */
    public SharedCluster(
            Supplier<NodeIdentity> identity,
            Joining joining,
            ClusterTimeouts timeouts,
            Path hostRoot) {
        this(
                identity,
                joining,
                new Heartbeats(),
                timeouts,
                name -> O2cb.ofKernel(hostRoot, name),
                ClusterConf.FILE);
    }

    SharedCluster(
            Supplier<NodeIdentity> identity,
            Joining joining,
            Heartbeats heartbeats,
            ClusterTimeouts timeouts,
            Stacks stacks,
            Path clusterConf) {
        this.identity = identity;
        this.joining = joining;
        this.heartbeats = heartbeats;
        this.timeouts = timeouts;
        this.stacks = stacks;
        this.clusterConf = clusterConf;
        this.thread = Thread.ofPlatform().daemon().name("shared-cluster").start(this::keep);
    }

    /** What the registry says now. */
    void told(Collection<Member> all) {
        lock.lock();
        try {
            members = List.copyOf(all);
            isNew = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void keep() {
        lock.lock();
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (!isNew) {
                    var _ = changed.await(ROUND.toMillis(), TimeUnit.MILLISECONDS);
                }
                isNew = false;
                agree();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    /** Makes the kernel agree with what was told last. Holds the lock. */
    private void agree() {
        Collection<Member> all = members;
        if (all == null) {
            return;
        }
        try {
            NodeIdentity self = identity.get();
            requireMember(self, all);
            O2cb stack = stacks.of(ClusterName.of(self.clusterId()));
            stack.load();
            stack.configure(timeouts);
            String trouble =
                    learn(stack, self.node(), all) + write(ClusterName.of(self.clusterId()), all);
            Map<String, MembershipPlan.Entry> now = stack.members();
            ready = now.values().stream().anyMatch(MembershipPlan.Entry::local);
            problem =
                    new NodeFailure(
                            Kind.UNAVAILABLE,
                            "the kernel doesn't know this node as a member yet; repeat: "
                                    + trouble);
            report(trouble);
        } catch (NodeFailure e) {
            fail(e);
        } catch (IOException e) {
            fail(NodeFailure.broken(e));
        }
    }

    /** A node that was away for long may have lost its number, and registers for one again. */
    private void requireMember(NodeIdentity self, Collection<Member> all) {
        if (all.stream().anyMatch(member -> member.node().equals(self.node()) && !member.left())) {
            return;
        }
        String refusal = joining.refusal();
        joining.again();
        throw refusal.isEmpty()
                ? new NodeFailure(
                        Kind.UNAVAILABLE,
                        "the registry doesn't have this node as a member of shared filesystems yet; repeat")
                : NodeFailure.precondition(refusal);
    }

    /** Takes all steps that can be taken; says what can't. */
    private static String learn(O2cb stack, String self, Collection<Member> all)
            throws IOException {
        var trouble = new StringBuilder();
        for (MembershipPlan.Step step : MembershipPlan.of(self, all, stack.members())) {
            try {
                stack.take(step);
            } catch (IOException e) {
                trouble.append(step).append(": ").append(e.getMessage()).append("; ");
            }
        }
        return trouble.toString();
    }

    /** For people and their tools alone, so nothing depends on it. */
    private String write(String name, Collection<Member> all) {
        try {
            return ClusterConf.write(clusterConf, ClusterConf.text(name, all))
                    ? ""
                    : clusterConf + " is somebody else's and isn't written; ";
        } catch (IOException e) {
            return "%s can't be written (%s); ".formatted(clusterConf, e.getMessage());
        }
    }

    /** What only takes some time is no trouble. */
    private void fail(NodeFailure failure) {
        ready = false;
        problem = failure;
        if (failure.kind() == Kind.UNAVAILABLE) {
            log.atDebug().addKeyValue("reason", failure.getMessage()).log("no member yet");
        } else {
            report(String.valueOf(failure.getMessage()));
        }
    }

    /** Each trouble once, when it begins. */
    private void report(String trouble) {
        if (!trouble.equals(lastTrouble) && !trouble.isEmpty()) {
            log.atWarn()
                    .addKeyValue("trouble", trouble)
                    .log(
                            "the kernel doesn't agree with the registry on who shares filesystems; trying on");
        }
        lastTrouble = trouble;
    }

    @Override
    public void require() {
        lock.lock();
        try {
            if (!ready || isNew) {
                isNew = false;
                agree();
            }
            if (!ready) {
                throw new NodeFailure(
                        problem.kind(), String.valueOf(problem.getMessage()), problem);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String clusterName() {
        return ClusterName.of(identity.get().clusterId());
    }

    @Override
    public void startHeartbeat(Path device, UUID uuid) {
        require();
        try {
            if (!heartbeats.isRunning(uuid)) {
                // Not under the lock: it takes some beats.
                O2cb.startHeartbeat(device);
            }
        } catch (IOException e) {
            throw NodeFailure.broken(e);
        }
    }

    /**
     * Why the kernel refused to mount a shared filesystem, where that is of the cluster; else null.
     */
    public static @Nullable NodeFailure explained(LinuxException refusal, Path device) {
        return switch (refusal.errno()) {
            case Errno.ENOTCONN ->
                    new NodeFailure(
                            Kind.UNAVAILABLE,
                            ("the OCFS2 on %s can't be mounted yet: a node that has it mounted doesn't know this one, or"
                                            + " can't be reached at TCP port %d; repeat (%s)")
                                    .formatted(device, Member.PORT, refusal.getMessage()),
                            refusal);
            default -> null;
        };
    }

    /** Waits, bounded, for the round that is under way. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(STOP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
