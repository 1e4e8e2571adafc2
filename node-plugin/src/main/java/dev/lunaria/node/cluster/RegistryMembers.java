package dev.lunaria.node.cluster;

import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.proto.registry.v1.WatchRequest;
import dev.lunaria.proto.registry.v1.WatchResponse;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the registry for who is a member, for as long as it is open. One virtual thread of its
 * own does it, and tells all members at each change; those that have left are among them until
 * their numbers are free. While the controller is away, what it told last holds.
 */
final class RegistryMembers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RegistryMembers.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final GrpcChannel registry;
    private final Consumer<Collection<Member>> listener;
    private final Context.CancellableContext context = Context.current().withCancellation();
    private final Thread thread;

    /**
     * Begins to watch.
     *
     * @param registry channel to the controller; stays its owner's
     * @param listener mustn't block for long
     */
    RegistryMembers(GrpcChannel registry, Consumer<Collection<Member>> listener) {
        this.registry = registry;
        this.listener = listener;
        this.thread = Thread.ofVirtual().name("members").start(() -> context.run(this::watchAgain));
    }

    private void watchAgain() {
        Duration pause = FIRST_PAUSE;
        String lastReason = "";
        while (!Thread.currentThread().isInterrupted() && !context.isCancelled()) {
            try {
                watch();
                pause = FIRST_PAUSE;
            } catch (StatusRuntimeException e) {
                String reason = e.getStatus().getCode() + " " + e.getStatus().getDescription();
                if (!reason.equals(lastReason) && !context.isCancelled()) {
                    log.atWarn()
                            .addKeyValue("reason", reason)
                            .log(
                                    "the registry can't be watched for members; what it told last holds, trying on");
                }
                lastReason = reason;
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

    private void watch() {
        Map<String, Member> members = new TreeMap<>();
        boolean synced = false;
        Iterator<WatchResponse> changes =
                RegistryGrpc.newBlockingStub(registry.channel())
                        .watch(WatchRequest.getDefaultInstance());
        while (changes.hasNext()) {
            WatchResponse change = changes.next();
            switch (change.getChangeCase()) {
                case NODE -> put(members, change.getNode());
                case NODE_REMOVED -> members.remove(change.getNodeRemoved());
                case SYNCED -> synced = true;
                case TARGET, TARGET_REMOVED, CHANGE_NOT_SET -> {
                    continue;
                }
            }
            if (synced) {
                listener.accept(List.copyOf(members.values()));
            }
        }
    }

    private static void put(Map<String, Member> members, Node node) {
        if (node.hasMember()) {
            members.put(
                    node.getName(),
                    new Member(
                            node.getName(),
                            node.getMember().getNumber(),
                            node.getMember().getAddress(),
                            node.getMember().getLeft()));
        } else {
            members.remove(node.getName());
        }
    }

    @Override
    public void close() {
        context.cancel(null);
        thread.interrupt();
    }
}
