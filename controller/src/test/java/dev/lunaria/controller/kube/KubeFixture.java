package dev.lunaria.controller.kube;

import dev.lunaria.controller.placement.PoolChoice;
import dev.lunaria.controller.placement.RegistryPlacements;
import dev.lunaria.controller.volume.AttachLimit;
import dev.lunaria.controller.volume.CopyPatience;
import dev.lunaria.controller.volume.IdempotentVolumes;
import dev.lunaria.controller.volume.Limits;
import dev.lunaria.controller.volume.LockedVolumes;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.PlacedVolumes;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.Publishing;
import dev.lunaria.controller.volume.RegisteredTargets;
import dev.lunaria.controller.volume.SizeRange;
import dev.lunaria.controller.volume.Topology;
import dev.lunaria.controller.volume.VolumeId;
import dev.lunaria.controller.volume.VolumeListing;
import dev.lunaria.controller.volume.VolumeRequest;
import dev.lunaria.controller.volume.VolumeSources;
import dev.lunaria.controller.volume.Volumes;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.service.csi.CsiIdentity;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.Secret;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.storage.CSINodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;

/**
 * The controller's domain over pools in memory and the client library's API server, with a clock
 * that stands still. Owned by one test.
 */
final class KubeFixture implements AutoCloseable, InstantSource {

    static final String NODE = "mybox0";

    private final InstallationKeys keys =
            InstallationKeys.of(Map.of("k1", Secret.of("k".repeat(32))), "k1");
    private final MockCluster cluster = new MockCluster();
    private Instant now = Instant.parse("2026-11-27T12:00:00Z");

    final KubernetesClient client = cluster.client();
    final KubeRegistry registry = new KubeRegistry(client);
    final MemoryTargets targets = new MemoryTargets(registry);
    final ClusterNodes nodes = new ClusterNodes(client);
    final NodeWatch watch = new NodeWatch(client);
    final PersistentVolumes persistentVolumes = new PersistentVolumes(client);
    final Events events = new Events(client, this);
    final Volumes volumes = volumes();

    private Volumes volumes() {
        var registered = new RegisteredTargets(registry);
        var sources = new VolumeSources(registered, targets);
        var choice =
                new PoolChoice(
                        registered,
                        targets,
                        MemoryTargets.CLUSTER,
                        Executors::newVirtualThreadPerTaskExecutor);
        return new LockedVolumes(
                new IdempotentVolumes(
                        new PlacedVolumes(
                                registered,
                                targets,
                                new RegistryPlacements(
                                        registry, registered, choice, sources, UUID::randomUUID),
                                sources,
                                CopyPatience.NONE,
                                new Publishing(
                                        registry,
                                        () -> keys,
                                        nodes,
                                        MemoryTargets.CLUSTER,
                                        new AttachLimit(
                                                registered, targets, MemoryTargets.CLUSTER)),
                                new VolumeListing(registered, targets, MemoryTargets.CLUSTER))));
    }

    @Override
    public Instant instant() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    static VolumeRequest request(String name, Map<String, String> parameters) {
        return new VolumeRequest(
                name,
                new SizeRange(1 << 20, 0),
                new Parameters(parameters),
                Topology.ANY,
                Optional.empty(),
                Limits.NONE);
    }

    VolumeId create(String name) {
        return volumes.create(request(name, Map.of())).id();
    }

    void publish(VolumeId id) {
        var _ = volumes.publish(new PublishRequest(id, NODE, false, true));
    }

    /** A node with its plugin, as Kubernetes and as Lunaria have it. */
    void addNode(String name) {
        registry.create(
                Kind.LUNARIA_NODE,
                name,
                new LunariaNode(
                        List.of(),
                        MemoryTargets.CLUSTER,
                        "iqn.2026-11.dev.lunaria:node:test:" + name,
                        0));
        client.resource(
                        new NodeBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .endMetadata()
                                .withNewStatus()
                                .addNewCondition()
                                .withType("Ready")
                                .withStatus("True")
                                .endCondition()
                                .endStatus()
                                .build())
                .create();
        client.resource(
                        new CSINodeBuilder()
                                .withNewMetadata()
                                .withName(name)
                                .endMetadata()
                                .withNewSpec()
                                .addNewDriver()
                                .withName(CsiIdentity.DRIVER_NAME)
                                .withNodeID(name)
                                .endDriver()
                                .endSpec()
                                .build())
                .create();
    }

    void taint(String name) {
        client.nodes()
                .withName(name)
                .edit(node ->
                        new NodeBuilder(node)
                                .editOrNewSpec()
                                .withTaints(
                                        new TaintBuilder()
                                                .withKey(ClusterNodes.TAINT)
                                                .withValue("nodeshutdown")
                                                .withEffect("NoExecute")
                                                .build())
                                .endSpec()
                                .build());
    }

    void removeTaint(String name) {
        client.nodes()
                .withName(name)
                .edit(node -> new NodeBuilder(node).editOrNewSpec().withTaints().endSpec().build());
    }

    PersistentVolumeClaim addClaim(String name) {
        return client.resource(
                        new PersistentVolumeClaimBuilder()
                                .withNewMetadata()
                                .withNamespace("apps")
                                .withName(name)
                                .endMetadata()
                                .build())
                .create();
    }

    void addPersistentVolume(VolumeId id, Optional<PersistentVolumeClaim> claim) {
        ObjectReference reference =
                claim.map(bound -> new Events.About(bound).reference()).orElse(null);
        client.resource(
                        new PersistentVolumeBuilder()
                                .withNewMetadata()
                                .withName("pv-" + id.lun())
                                .endMetadata()
                                .withNewSpec()
                                .withClaimRef(reference)
                                .withNewCsi()
                                .withDriver(CsiIdentity.DRIVER_NAME)
                                .withVolumeHandle(id.toString())
                                .endCsi()
                                .endSpec()
                                .build())
                .create();
    }

    List<Event> told() {
        return client.v1().events().inAnyNamespace().list().getItems();
    }

    Survey survey() throws InterruptedException {
        return Survey.take(registry, targets, MemoryTargets.CLUSTER);
    }

    @Override
    public void close() {
        watch.close();
        registry.close();
        cluster.close();
    }
}
