package dev.lunaria.controller.kube;

import dev.lunaria.service.csi.CsiIdentity;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimList;
import io.fabric8.kubernetes.api.model.PersistentVolumeList;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * PersistentVolumes of this driver and PersistentVolumeClaims, read from the API server each time,
 * in pages. Used by any thread; keeps nothing. Everything throws {@link
 * io.fabric8.kubernetes.client.KubernetesClientException}.
 */
final class PersistentVolumes {

    private final KubernetesClient client;

    PersistentVolumes(KubernetesClient client) {
        this.client = client;
    }

    /** The ids of all volumes that are a PersistentVolume, whatever its phase. */
    Set<String> handles() {
        var handles = new HashSet<String>();
        forEach(volume -> handles.add(volume.getSpec().getCsi().getVolumeHandle()));
        return handles;
    }

    /** The claim that a volume is bound to. */
    Optional<PersistentVolumeClaim> claim(String handle) {
        @Nullable ObjectReference[] found = {null};
        forEach(volume -> {
            if (volume.getSpec().getCsi().getVolumeHandle().equals(handle)) {
                found[0] = volume.getSpec().getClaimRef();
            }
        });
        ObjectReference claim = found[0];
        return claim == null
                ? Optional.empty()
                : Optional.ofNullable(
                        client.persistentVolumeClaims()
                                .inNamespace(claim.getNamespace())
                                .withName(claim.getName())
                                .get());
    }

    private void forEach(Consumer<PersistentVolume> consumer) {
        String next = null;
        do {
            PersistentVolumeList page =
                    client.persistentVolumes()
                            .list(
                                    new ListOptionsBuilder()
                                            .withLimit((long) KubeRegistry.PAGE)
                                            .withContinue(next)
                                            .build());
            page.getItems().stream()
                    .filter(volume -> volume.getSpec().getCsi() != null)
                    .filter(volume ->
                            volume.getSpec().getCsi().getDriver().equals(CsiIdentity.DRIVER_NAME))
                    .forEach(consumer);
            next = page.getMetadata().getContinue();
        } while (next != null && !next.isEmpty());
    }

    /** The uids of all claims of the cluster, of whatever driver. */
    Set<String> claimUids() {
        var uids = new HashSet<String>();
        String next = null;
        do {
            PersistentVolumeClaimList page =
                    client.persistentVolumeClaims()
                            .inAnyNamespace()
                            .list(
                                    new ListOptionsBuilder()
                                            .withLimit((long) KubeRegistry.PAGE)
                                            .withContinue(next)
                                            .build());
            page.getItems().forEach(claim -> uids.add(claim.getMetadata().getUid()));
            next = page.getMetadata().getContinue();
        } while (next != null && !next.isEmpty());
        return uids;
    }
}
