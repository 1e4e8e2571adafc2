package dev.lunaria.controller.registry;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.EXHAUSTED;
import static dev.lunaria.controller.volume.Failure.Reason.FORBIDDEN;
import static dev.lunaria.controller.volume.Failure.Reason.INVALID;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.NodeNames;
import dev.lunaria.proto.registry.v1.GetNodeRequest;
import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.proto.registry.v1.WatchRequest;
import dev.lunaria.proto.registry.v1.WatchResponse;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.RegistryException;
import dev.lunaria.service.net.CallerCheck;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The registry as node plugins see it: their own record, the other nodes, the targets. Used by any
 * thread; keeps nothing but running watches.
 */
public final class RegistryService extends RegistryGrpc.RegistryImplBase {

    private static final int MAX_ADDRESSES = 16;

    private final Registry registry;
    private final String clusterId;
    private final NodeLabels labels;
    private final MemberNumbers numbers;

    /**
     * @param chance by which members get their numbers
     */
    public RegistryService(
            Registry registry, String clusterId, NodeLabels labels, RandomGenerator chance) {
        this.registry = registry;
        this.clusterId = clusterId;
        this.labels = labels;
        this.numbers = new MemberNumbers(registry, chance);
    }

    @Override
    public void registerNode(RegisterNodeRequest request, StreamObserver<Node> answer) {
        checkName(request.getName());
        requireItself(request.getName());
        List<String> addresses = List.copyOf(request.getAddressesList());
        checkAddresses(addresses);
        checkMemberAddress(request.getMemberAddress());
        var said =
                new LunariaNode(
                        addresses,
                        clusterId,
                        InitiatorNames.of(clusterId, request.getName()),
                        checkMaxVolumes(request.getMaxVolumes()),
                        checkBackend(request.getBackend()));
        Document<LunariaNode> node =
                find(request.getName())
                        .map(known -> update(known, said))
                        .orElseGet(() -> create(request.getName(), said));
        requireThisCluster(node);
        answer.onNext(
                asMember(node, request.getMemberAddress()).toBuilder()
                        .putAllTopology(labels.of(request.getName()))
                        .build());
        answer.onCompleted();
    }

    /** A node that can't be a member is a node all the same: its other volumes don't need it. */
    private Node asMember(Document<LunariaNode> node, String address) {
        if (address.isEmpty()) {
            return RegistryMessages.node(node);
        }
        try {
            return RegistryMessages.node(numbers.join(node, address));
        } catch (Failure e) {
            if (e.reason() != EXHAUSTED) {
                throw e;
            }
            return RegistryMessages.node(node).toBuilder()
                    .setMemberRefusal(String.valueOf(e.getMessage()))
                    .build();
        }
    }

    private Document<LunariaNode> create(String name, LunariaNode node) {
        try {
            return registry.create(Kind.LUNARIA_NODE, name, node);
        } catch (RegistryException e) {
            if (e.reason() != RegistryException.Reason.ALREADY_EXISTS) {
                throw e;
            }
            return find(name)
                    .orElseThrow(() ->
                            new Failure(BUSY, "the node was just removed; register again", e));
        }
    }

    /**
     * What it says may change; the initiator name stays, as sessions and reservations hang on it.
     */
    private Document<LunariaNode> update(Document<LunariaNode> known, LunariaNode said) {
        LunariaNode node = known.spec();
        var now =
                new LunariaNode(
                        said.addresses(),
                        node.clusterId(),
                        node.initiatorName(),
                        said.maxVolumes(),
                        said.backend(),
                        node.member());
        return now.equals(node) ? known : registry.replace(Kind.LUNARIA_NODE, known, now);
    }

    private void requireThisCluster(Document<LunariaNode> node) {
        if (!node.spec().clusterId().equals(clusterId)) {
            throw new Failure(
                    UNAVAILABLE,
                    "node \"%s\" is registered for cluster \"%s\", this controller is of cluster \"%s\"; start it with the right cluster id"
                            .formatted(node.name(), node.spec().clusterId(), clusterId));
        }
    }

    /** Of nodes that say by a token who they are, each speaks for itself alone. */
    private static void requireItself(String node) {
        Optional<String> caller = CallerCheck.caller();
        if (caller.isPresent() && !caller.get().equals(node)) {
            throw new Failure(
                    FORBIDDEN,
                    "node \"%s\" calls as node \"%s\"; start its plugin with --node-name %s"
                            .formatted(caller.get(), node, caller.get()));
        }
    }

    private static void checkName(String name) {
        if (!NodeNames.isPossible(name)) {
            throw new Failure(
                    INVALID,
                    "node name \""
                            + name
                            + "\" isn't a DNS subdomain: lower-case letters, digits, '-' and '.', at most "
                            + NodeNames.MAX_LENGTH
                            + " characters");
        }
    }

    private static int checkMaxVolumes(int volumes) {
        if (volumes < 0 || volumes > LunariaNode.MOST_VOLUMES) {
            throw new Failure(
                    INVALID,
                    Integer.toUnsignedString(volumes)
                            + " volumes are too many for a node; at most "
                            + LunariaNode.MOST_VOLUMES);
        }
        return volumes;
    }

    private static String checkBackend(String backend) {
        if (!LunariaNode.isBackend(backend)) {
            throw new Failure(
                    INVALID, "backend \"" + backend + "\" isn't one: at most 32 of a-z, 0-9 and -");
        }
        return backend;
    }

    private static void checkAddresses(List<String> addresses) {
        if (addresses.size() > MAX_ADDRESSES) {
            throw new Failure(
                    INVALID,
                    addresses.size() + " addresses are too many; at most " + MAX_ADDRESSES);
        }
        for (String address : addresses) {
            try {
                var _ = InetAddress.ofLiteral(address);
            } catch (IllegalArgumentException e) {
                throw new Failure(INVALID, "address \"" + address + "\" isn't an IP address", e);
            }
        }
    }

    private static void checkMemberAddress(String address) {
        if (address.isEmpty()) {
            return;
        }
        try {
            if (InetAddress.ofLiteral(address) instanceof Inet4Address) {
                return;
            }
        } catch (IllegalArgumentException e) {
            throw new Failure(INVALID, notIpv4(address), e);
        }
        throw new Failure(INVALID, notIpv4(address));
    }

    private static String notIpv4(String address) {
        return "\"" + address + "\" isn't an IPv4 address, and OCFS2 knows no others";
    }

    @Override
    public void getNode(GetNodeRequest request, StreamObserver<Node> answer) {
        Document<LunariaNode> node =
                find(request.getName())
                        .orElseThrow(() ->
                                new Failure(
                                        NOT_FOUND,
                                        "there is no node \""
                                                + request.getName()
                                                + "\"; register it first"));
        answer.onNext(RegistryMessages.node(node));
        answer.onCompleted();
    }

    private Optional<Document<LunariaNode>> find(String name) {
        return registry.get(Kind.LUNARIA_NODE, name);
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchResponse> answer) {
        // grpc-java gives servers no other observer (ServerCalls.asyncServerStreamingCall).
        new WatchStream((ServerCallStreamObserver<WatchResponse>) answer).start(registry);
    }
}
