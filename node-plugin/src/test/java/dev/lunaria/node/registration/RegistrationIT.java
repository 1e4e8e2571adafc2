package dev.lunaria.node.registration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.GrpcServer;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistrationIT {
    @TempDir Path folder;

    private static final class Controller extends RegistryGrpc.RegistryImplBase {
        @Override
        public void registerNode(RegisterNodeRequest request, StreamObserver<Node> answer) {
            answer.onNext(
                    Node.newBuilder()
                            .setName(request.getName())
                            .addAllAddresses(request.getAddressesList())
                            .setClusterId("cluster")
                            .setInitiatorName("iqn.2026-11.dev.lunaria:" + request.getName())
                            .putTopology("topology.kubernetes.io/zone", "a")
                            .build());
            answer.onCompleted();
        }
    }

    /** A node whose controller starts later, or is away for a while, registers when it is there. */
    @Test
    void aNodeRegistersAsSoonAsTheControllerIsThere() {
        var socket = new Endpoint.Unix(folder.resolve("registry.sock"));
        try (GrpcChannel channel = GrpcChannel.open(socket);
                var registration =
                        new Registration(
                                channel, "mybox0", List.of("127.0.0.1"), 5, "userspace", "")) {
            var waiting =
                    CompletableFuture.supplyAsync(
                            () -> registration.await(Duration.ofSeconds(60)),
                            task -> Thread.ofVirtual().start(task));
            assertThatThrownBy(() -> registration.await(Duration.ofMillis(50)))
                    .isInstanceOfSatisfying(
                            NodeFailure.class,
                            e -> assertThat(e.kind()).isEqualTo(NodeFailure.Kind.UNAVAILABLE));
            assertThat(registration.isDone()).isFalse();
            try (GrpcServer controller = GrpcServer.on(socket).service(new Controller()).start()) {
                assertThat(registration.await(Duration.ofSeconds(30)))
                        .isEqualTo(
                                new NodeIdentity(
                                        "mybox0",
                                        "cluster",
                                        "iqn.2026-11.dev.lunaria:mybox0",
                                        Map.of("topology.kubernetes.io/zone", "a")));
                // NodeGetInfo waits like that: kubelet learns of the plugin when the node is known.
                assertThat(waiting.join().node()).isEqualTo("mybox0");
                assertThat(controller.endpoint()).isEqualTo(socket);
            }
        }
    }
}
