package dev.lunaria.controller.kube;

import dev.lunaria.registry.Kind;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.csi.CsiIdentity;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.storage.CSINodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What administrators, kubelets and Kubernetes' own controllers would write. Owned by one test. */
public final class KubeObjects implements AutoCloseable {

    private final KubernetesClient admin;

    public KubeObjects(ApiServer server) {
        admin = server.admin();
    }

    @Override
    public void close() {
        admin.close();
    }

    /** Gives the controller's user the rights of the list, and no others. */
    public void grantRights(String namespace) {
        KubeRights.grant(admin, namespace);
    }

    /** Removes what earlier tests left of Lunaria's kinds. */
    public void clear() {
        ApiServerExtension.clear(admin);
    }

    public void addNamespace(String name) {
        var _ =
                admin.resource(
                                new NamespaceBuilder()
                                        .withNewMetadata()
                                        .withName(name)
                                        .endMetadata()
                                        .build())
                        .create();
    }

    public void addTarget(String name, UUID pool, String endpoint) {
        var target =
                new StorageTarget(
                        pool, endpoint, "", List.of("127.0.0.1:3260"), Map.of(), 100, false, false);
        var _ =
                admin.resource(new CustomResources().object(Kind.STORAGE_TARGET, name, target))
                        .create();
    }

    /** A node that is ready, and whose kubelet knows the node plugin. */
    public void addNode(String name, Map<String, String> labels) {
        var _ =
                admin.resource(
                                new NodeBuilder()
                                        .withNewMetadata()
                                        .withName(name)
                                        .withLabels(labels)
                                        .endMetadata()
                                        .build())
                        .create();
        var _ =
                admin.nodes()
                        .withName(name)
                        .editStatus(node ->
                                new NodeBuilder(node)
                                        .editOrNewStatus()
                                        .addNewCondition()
                                        .withType("Ready")
                                        .withStatus("True")
                                        .endCondition()
                                        .endStatus()
                                        .build());
        // The admission of an API server taints new nodes until their controller has seen them.
        var _ = admin.nodes().withName(name).edit(node -> tainted(node, List.of()));
        var _ =
                admin.resource(
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

    private static io.fabric8.kubernetes.api.model.Node tainted(
            io.fabric8.kubernetes.api.model.Node node,
            List<io.fabric8.kubernetes.api.model.Taint> taints) {
        return new NodeBuilder(node).editOrNewSpec().withTaints(taints).endSpec().build();
    }

    /** Takes a node out of service, as an administrator does. */
    public void taint(String name) {
        var _ =
                admin.nodes()
                        .withName(name)
                        .edit(node ->
                                tainted(
                                        node,
                                        List.of(
                                                new TaintBuilder()
                                                        .withKey(ClusterNodes.TAINT)
                                                        .withValue("nodeshutdown")
                                                        .withEffect("NoExecute")
                                                        .build())));
    }

    /** A claim's uid. */
    public String addClaim(String namespace, String name) {
        return admin.resource(
                        new PersistentVolumeClaimBuilder()
                                .withNewMetadata()
                                .withNamespace(namespace)
                                .withName(name)
                                .endMetadata()
                                .withNewSpec()
                                .withAccessModes("ReadWriteOnce")
                                .withNewResources()
                                .addToRequests("storage", new Quantity("1Gi"))
                                .endResources()
                                .endSpec()
                                .build())
                .create()
                .getMetadata()
                .getUid();
    }

    /** The claim's volume, as a provisioner writes it. */
    public void addPersistentVolume(String volumeId, String namespace, String claimName) {
        PersistentVolumeClaim claim =
                admin.persistentVolumeClaims().inNamespace(namespace).withName(claimName).require();
        var _ =
                admin.resource(
                                new PersistentVolumeBuilder()
                                        .withNewMetadata()
                                        .withName("pvc-" + claim.getMetadata().getUid())
                                        .endMetadata()
                                        .withNewSpec()
                                        .withAccessModes("ReadWriteOnce")
                                        .addToCapacity("storage", new Quantity("1Gi"))
                                        .withClaimRef(new Events.About(claim).reference())
                                        .withNewCsi()
                                        .withDriver(CsiIdentity.DRIVER_NAME)
                                        .withVolumeHandle(volumeId)
                                        .endCsi()
                                        .endSpec()
                                        .build())
                        .create();
    }

    /** A condition's status; empty where there is none yet. */
    public String condition(Kind<?> kind, String name, String type) {
        List<Map<String, Object>> conditions = object(kind, name).get("status", "conditions");
        return conditions == null
                ? ""
                : conditions.stream()
                        .filter(condition -> type.equals(condition.get("type")))
                        .map(condition -> String.valueOf(condition.get("status")))
                        .findFirst()
                        .orElse("");
    }

    /** A volume's phase; empty where there is none yet. */
    public String phase(String name) {
        String phase = object(Kind.LUNARIA_VOLUME, name).get("status", "phase");
        return phase == null ? "" : phase;
    }

    private GenericKubernetesResource object(Kind<?> kind, String name) {
        return admin.genericKubernetesResources(CustomResources.context(kind))
                .withName(name)
                .require();
    }

    /** How many Events of a reason there are. */
    public long events(String reason) {
        return admin.v1().events().inAnyNamespace().list().getItems().stream()
                .filter(event -> event.getReason().equals(reason))
                .count();
    }
}
