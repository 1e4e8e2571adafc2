package dev.lunaria.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.proto.registry.v1.WatchRequest;
import dev.lunaria.proto.registry.v1.WatchResponse;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.GrpcServer;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node hears of joins and leaves from the registry's watch, whatever happens to that. */
final class RegistryMembersIT {
    private static final Member A = new Member("a", 1, "10.0.0.1", false);
    private static final Member B = new Member("b", 2, "10.0.0.2", false);

    @TempDir private Path folder;

    private final BlockingQueue<Collection<Member>> told = new LinkedBlockingQueue<>();
    private final BlockingQueue<StreamObserver<WatchResponse>> watches =
            new LinkedBlockingQueue<>();

    private final class Registry extends RegistryGrpc.RegistryImplBase {
        @Override
        public void watch(WatchRequest request, StreamObserver<WatchResponse> answer) {
            watches.add(answer);
        }
    }

    private StreamObserver<WatchResponse> watch() throws InterruptedException {
        StreamObserver<WatchResponse> watch = watches.poll(30, TimeUnit.SECONDS);
        assertThat(watch).isNotNull();
        return watch;
    }

    private Collection<Member> told() throws InterruptedException {
        Collection<Member> members = told.poll(30, TimeUnit.SECONDS);
        assertThat(members).isNotNull();
        return members;
    }

    private static WatchResponse node(Member member) {
        var node = Node.newBuilder().setName(member.node());
        node.getMemberBuilder()
                .setNumber(member.number())
                .setAddress(member.address())
                .setLeft(member.left());
        return WatchResponse.newBuilder().setNode(node).build();
    }

    private static WatchResponse without(String name) {
        return WatchResponse.newBuilder().setNode(Node.newBuilder().setName(name)).build();
    }

    private static WatchResponse synced() {
        return WatchResponse.newBuilder().setSynced(true).build();
    }

    @Test
    void membersAreToldOnceAllAreKnownAndAtEachChange() throws Exception {
        var socket = new Endpoint.Unix(folder.resolve("registry.sock"));
        try (GrpcServer server = GrpcServer.on(socket).service(new Registry()).start();
                GrpcChannel channel = GrpcChannel.open(socket);
                var members = new RegistryMembers(channel, told::add)) {
            assertThat(server.endpoint()).isEqualTo(socket);
            assertThat(members).isNotNull();
            StreamObserver<WatchResponse> watch = watch();
            watch.onNext(node(A));
            watch.onNext(without("c"));
            watch.onNext(synced());
            assertThat(told()).containsExactly(A);

            watch.onNext(node(B));
            assertThat(told()).containsExactly(A, B);
            watch.onNext(node(new Member("a", 1, "10.0.0.1", true)));
            assertThat(told()).containsExactly(new Member("a", 1, "10.0.0.1", true), B);
            watch.onNext(without("a"));
            assertThat(told()).containsExactly(B);
            watch.onNext(WatchResponse.newBuilder().setNodeRemoved("b").build());
            assertThat(told()).isEmpty();
        }
    }

    /** Half a list must not look like members that left. */
    @Test
    void afterTheControllerWasAwayNothingIsToldBeforeAllIsKnownAgain() throws Exception {
        var socket = new Endpoint.Unix(folder.resolve("registry.sock"));
        try (GrpcServer server = GrpcServer.on(socket).service(new Registry()).start();
                GrpcChannel channel = GrpcChannel.open(socket);
                var members = new RegistryMembers(channel, told::add)) {
            assertThat(server.endpoint()).isEqualTo(socket);
            assertThat(members).isNotNull();
            StreamObserver<WatchResponse> first = watch();
            first.onNext(node(A));
            first.onNext(node(B));
            first.onNext(synced());
            assertThat(told()).containsExactly(A, B);
            first.onError(Status.UNAVAILABLE.asRuntimeException());

            StreamObserver<WatchResponse> second = watch();
            second.onNext(node(B));
            second.onNext(node(A));
            second.onNext(synced());
            assertThat(told()).isEqualTo(List.of(A, B));
            assertThat(told).isEmpty();
        }
    }
}
