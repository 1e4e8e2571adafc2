package dev.lunaria.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.kube.ApiServer;
import dev.lunaria.controller.kube.ApiServerExtension;
import dev.lunaria.controller.kube.KubeDuties;
import dev.lunaria.controller.kube.KubeObjects;
import dev.lunaria.controller.kube.KubeRights;
import dev.lunaria.controller.target.FakeTarget;
import dev.lunaria.controller.volume.CopyPatience;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.proto.registry.v1.WatchRequest;
import dev.lunaria.registry.Kind;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.csi.AlphaCalls;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.secret.InstallationKeys;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The controller with its documents in a real API server, under the rights of kube-rights.txt: what
 * it does in the life of volumes, nodes and targets is allowed, and nothing else is (decision 033).
 */
@Tag("long")
@ExtendWith(ApiServerExtension.class)
final class KubernetesIT {

    private static final String NAMESPACE = "lunaria";
    private static final String CLUSTER = "test";
    private static final String NODE = "mybox0";
    private static final String ZONE = "topology.kubernetes.io/zone";
    private static final long WAIT_SECONDS = 60;

    @TempDir Path folder;

    private Lifecycle startController() throws Exception {
        var lifecycle = new Lifecycle(Duration.ofSeconds(5));
        Controller.start(
                new Settings(
                        new Endpoint.Unix(folder.resolve("csi.sock")),
                        new RegistrySource.Kubernetes(Optional.of(folder.resolve("kubeconfig"))),
                        new Endpoint.Unix(folder.resolve("registry.sock")),
                        CLUSTER,
                        folder.resolve("keys"),
                        Set.of(ZONE),
                        AlphaCalls.HIDDEN,
                        Optional.empty(),
                        Set.of(),
                        false,
                        Duration.ofHours(1),
                        Optional.empty(),
                        Optional.empty(),
                        Duration.ofSeconds(5)),
                lifecycle,
                CopyPatience.NONE);
        return lifecycle;
    }

    private GrpcChannel open(Lifecycle lifecycle, String socket) {
        return lifecycle.add(socket, GrpcChannel.open(new Endpoint.Unix(folder.resolve(socket))));
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    @Test
    void allItDoesIsAllowedAndNothingElse(ApiServer server) throws Exception {
        Files.writeString(folder.resolve("kubeconfig"), server.kubeconfig(NAMESPACE));
        InstallationKeys.create(folder.resolve("keys"), "k1");
        try (var objects = new KubeObjects(server);
                var target = new FakeTarget(folder.resolve("target.sock"), CLUSTER)) {
            objects.clear();
            objects.addNamespace(NAMESPACE);
            objects.grantRights(NAMESPACE);
            objects.addTarget("box", target.pool(), target.endpoint().toString());
            objects.addNode(NODE, Map.of(ZONE, "a", "other", "b"));
            live(objects, target);
            KubeDuties.deleteAnOrphanAndTellAnEventTwice(server);
            KubeDuties.checkATokenAndReadmit(server, NODE);
        }

        assertThat(KubeRights.refused(server.auditLog())).isEmpty();
        assertThat(String.join("\n", lines(KubeRights.used(server.auditLog()))))
                .isEqualTo(String.join("\n", lines(KubeRights.granted())));
    }

    private static Iterable<String> lines(Set<KubeRights.Right> rights) {
        return rights.stream().map(KubeRights.Right::toString).toList();
    }

    private void live(KubeObjects objects, FakeTarget target) throws Exception {
        String claim = objects.addClaim(NAMESPACE, "data");
        String used;
        try (Lifecycle running = startController()) {
            register(running);
            var csi = new CsiClient(open(running, "csi.sock").channel());
            Volume volume = csi.create("pvc-" + claim);
            assertThat(csi.create("pvc-" + claim)).isEqualTo(volume);
            used = volume.getVolumeId();
            objects.addPersistentVolume(used, NAMESPACE, "data");
            var _ = csi.publish(used, NODE);
            csi.unpublish(used, NODE);
            var _ = csi.publish(used, NODE);
            Volume other = csi.create("Some name / not DNS");
            csi.delete(other.getVolumeId());
            csi.delete(other.getVolumeId());
            claimsHearOfFailures(csi, objects, target, used);
        }
        try (Lifecycle _ = startController()) {
            await(
                    "the target is ready",
                    () -> objects.condition(Kind.STORAGE_TARGET, "box", "Ready").equals("True"));
            await(
                    "the node is ready",
                    () -> objects.condition(Kind.LUNARIA_NODE, NODE, "Ready").equals("True"));
            await("the volume is shown", () -> objects.phase("pvc-" + claim).equals("Ready"));
            objects.taint(NODE);
            await(
                    "the node is fenced",
                    () -> target.luns().stream().noneMatch(lun -> holds(lun, NODE)));
            await("the fence is told", () -> objects.events("Fenced") > 0);
        }
        assertThat(used).startsWith(target.pool().toString());
    }

    private static boolean holds(dev.lunaria.proto.target.v1.Lun lun, String node) {
        return lun.getGrantsList().stream()
                .anyMatch(grant ->
                        grant.getNode().equals(node)
                                && grant.getState()
                                        != dev.lunaria.proto.target.v1.Grant.State.REVOKED);
    }

    private void register(Lifecycle running) {
        var registry =
                RegistryGrpc.newBlockingStub(open(running, "registry.sock").channel())
                        .withDeadlineAfter(WAIT_SECONDS, TimeUnit.SECONDS);
        for (String address : new String[] {"10.0.0.1", "10.0.0.2"}) {
            assertThat(
                            registry.registerNode(
                                            RegisterNodeRequest.newBuilder()
                                                    .setName(NODE)
                                                    .addAddresses(address)
                                                    .build())
                                    .getTopologyMap())
                    .isEqualTo(Map.of(ZONE, "a"));
        }
        var changes = registry.watch(WatchRequest.getDefaultInstance());
        assertThat(changes.next().getNode().getName()).isEqualTo(NODE);
        assertThat(changes.next().getTarget().getPortalsList()).isNotEmpty();
        assertThat(changes.next().getSynced()).isTrue();
    }

    private void claimsHearOfFailures(
            CsiClient csi, KubeObjects objects, FakeTarget target, String volume) {
        var _ = objects.addClaim(NAMESPACE, "large");
        target.totalBytes(0);
        CsiClient.assertRefused(
                Status.Code.RESOURCE_EXHAUSTED,
                "room",
                () ->
                        csi.create(
                                CsiClient.volume("pvc-large")
                                        .putParameters("csi.storage.k8s.io/pvc/name", "large")
                                        .putParameters(
                                                "csi.storage.k8s.io/pvc/namespace", NAMESPACE)));
        await("the claim hears of it", () -> objects.events("NoRoom") > 0);
        CsiClient.assertRefused(
                Status.Code.NOT_FOUND, "no node", () -> csi.publish(volume, "nowhere"));
        await("the claim hears of it", () -> objects.events("NotFound") > 0);
    }
}
