package dev.lunaria.controller.registry;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.TestCluster;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.proto.registry.v1.GetNodeRequest;
import dev.lunaria.proto.registry.v1.Node;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.proto.registry.v1.WatchRequest;
import dev.lunaria.proto.registry.v1.WatchResponse;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The registry as node plugins use it. */
final class RegistryServiceIT {

    @TempDir Path folder;

    private TestCluster cluster;

    @BeforeEach
    void start() {
        cluster = new TestCluster(folder);
        assertThat(cluster.startController("c")).isNotNull();
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private RegistryGrpc.RegistryBlockingStub stub() {
        return RegistryGrpc.newBlockingStub(cluster.registryChannel("c"))
                .withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    private Node register(String name, String... addresses) {
        return stub().registerNode(
                        RegisterNodeRequest.newBuilder()
                                .setName(name)
                                .addAllAddresses(List.of(addresses))
                                .build());
    }

    @Test
    void aNodeGetsItsNameInTheClusterAndKeepsIt() {
        Node first = register("mybox0", "10.0.0.1");
        Node moved = register("mybox0", "10.0.0.2", "fd00::2");

        assertThat(first.getInitiatorName()).isEqualTo("iqn.2026-11.dev.lunaria:node:test:mybox0");
        assertThat(first.getClusterId()).isEqualTo(TestCluster.ID);
        assertThat(moved.getInitiatorName()).isEqualTo(first.getInitiatorName());
        assertThat(moved.getAddressesList()).containsExactly("10.0.0.2", "fd00::2");
        assertThat(register("mybox0", "10.0.0.2", "fd00::2")).isEqualTo(moved);
        assertThat(stub().getNode(GetNodeRequest.newBuilder().setName("mybox0").build()))
                .isEqualTo(moved);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "UPPER", "a_b", "-a", "a..b", "a/b"})
    void aNameThatIsNoDnsSubdomainIsInvalid(String name) {
        assertRefused(Status.Code.INVALID_ARGUMENT, "DNS subdomain", () -> register(name));
    }

    @Test
    void anAddressThatIsNoneIsInvalid() {
        assertRefused(
                Status.Code.INVALID_ARGUMENT, "IP address", () -> register("a", "example.org"));
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "too many",
                () -> register("a", "1.1.1.1,".repeat(17).split(",")));
    }

    @Test
    void howANodeAttachesIsWrittenDownAndMayChange() {
        for (String backend : List.of("userspace", "kernel", "")) {
            var _ =
                    stub().registerNode(
                                    RegisterNodeRequest.newBuilder()
                                            .setName("mybox0")
                                            .setBackend(backend)
                                            .build());
            assertThat(
                            cluster.registry()
                                    .get(Kind.LUNARIA_NODE, "mybox0")
                                    .orElseThrow()
                                    .spec()
                                    .backend())
                    .isEqualTo(backend);
        }
        assertRefused(
                Status.Code.INVALID_ARGUMENT,
                "isn't one",
                () ->
                        stub().registerNode(
                                        RegisterNodeRequest.newBuilder()
                                                .setName("mybox0")
                                                .setBackend("user space")
                                                .build()));
    }

    @Test
    void anUnknownNodeIsNotFound() {
        assertRefused(
                Status.Code.NOT_FOUND,
                "register it first",
                () -> stub().getNode(GetNodeRequest.newBuilder().setName("a").build()));
    }

    @Test
    void aNodeOfAnotherClusterIsRefused() {
        cluster.registry()
                .create(
                        Kind.LUNARIA_NODE,
                        "stranger",
                        new LunariaNode(List.of(), "other", "iqn.2026-11.dev.lunaria:x", 0));

        assertRefused(Status.Code.UNAVAILABLE, "cluster \"other\"", () -> register("stranger"));
    }

    @Test
    void aWatchTellsAllThenSyncedThenChanges() {
        FakeTarget target = cluster.addTarget("a");
        Node node = register("mybox0");
        Iterator<WatchResponse> watch = stub().watch(WatchRequest.getDefaultInstance());

        assertThat(watch.next().getNode()).isEqualTo(node);
        assertThat(watch.next().getTarget())
                .satisfies(told -> assertThat(told.getPool()).isEqualTo(target.pool().toString()))
                .satisfies(told ->
                        assertThat(told.getPortalsList())
                                .containsExactly("127.0.0.1:3260", "[::1]:3261"));
        assertThat(watch.next().getSynced()).isTrue();

        Node second = register("mybox1");
        assertThat(watch.next().getNode()).isEqualTo(second);
        cluster.registry()
                .get(Kind.LUNARIA_NODE, "mybox0")
                .ifPresent(gone -> cluster.registry().delete(Kind.LUNARIA_NODE, gone));
        assertThat(watch.next().getNodeRemoved()).isEqualTo("mybox0");
        cluster.registry()
                .get(Kind.STORAGE_TARGET, "a")
                .ifPresent(gone -> cluster.registry().delete(Kind.STORAGE_TARGET, gone));
        assertThat(watch.next().getTargetRemoved()).isEqualTo(target.pool().toString());
    }

    @Test
    void manyWatchesAreToldTheSame() {
        List<Iterator<WatchResponse>> watches =
                List.of(
                        stub().watch(WatchRequest.getDefaultInstance()),
                        stub().watch(WatchRequest.getDefaultInstance()),
                        stub().watch(WatchRequest.getDefaultInstance()));
        watches.forEach(watch -> assertThat(watch.next().getSynced()).isTrue());
        String name = "node-" + UUID.randomUUID();
        register(name);

        watches.forEach(watch -> assertThat(watch.next().getNode().getName()).isEqualTo(name));
    }
}
