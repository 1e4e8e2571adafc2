package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Parameters;
import dev.lunaria.controller.volume.PublishRequest;
import dev.lunaria.controller.volume.VolumeRequest;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells claims what became of their volumes, beside the calls: these don't wait for it. Used by any
 * thread. At most {@value #MAX_AT_A_TIME} are being told at a time; what comes on top is told when
 * it happens again.
 */
final class ClaimEvents implements AutoCloseable {

    static final int MAX_AT_A_TIME = 8;

    private static final Logger log = LoggerFactory.getLogger(ClaimEvents.class);

    /** What the provisioner adds with --extra-create-metadata. */
    private static final String CLAIM_NAME = Parameters.CLAIM_PREFIX + "pvc/name";

    private static final String CLAIM_NAMESPACE = Parameters.CLAIM_PREFIX + "pvc/namespace";

    private final KubernetesClient client;
    private final PersistentVolumes persistentVolumes;
    private final Events events;
    private final Semaphore places = new Semaphore(MAX_AT_A_TIME);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    ClaimEvents(KubernetesClient client, PersistentVolumes persistentVolumes, Events events) {
        this.client = client;
        this.persistentVolumes = persistentVolumes;
        this.events = events;
    }

    void notCreated(VolumeRequest request, Failure failure) {
        Map<String, String> parameters = request.parameters().all();
        String name = parameters.get(CLAIM_NAME);
        String namespace = parameters.get(CLAIM_NAMESPACE);
        if (name != null && namespace != null) {
            tell(
                    "create " + request.name(),
                    failure,
                    () ->
                            Optional.ofNullable(
                                    client.persistentVolumeClaims()
                                            .inNamespace(namespace)
                                            .withName(name)
                                            .get()),
                    failure.getMessage());
        }
    }

    void notPublished(PublishRequest request, Failure failure) {
        tell(
                "publish " + request.volume() + " " + request.node(),
                failure,
                () -> persistentVolumes.claim(request.volume().toString()),
                "for node " + request.node() + ": " + failure.getMessage());
    }

    private interface Search {
        Optional<PersistentVolumeClaim> claim();
    }

    private void tell(String call, Failure failure, Search search, String message) {
        String key = call + " " + failure.reason() + " " + message;
        if (!Reasons.isForPeople(failure) || events.wasTold(key) || !places.tryAcquire()) {
            return;
        }
        threads.execute(() -> {
            try {
                if (events.admit(key)) {
                    search.claim()
                            .ifPresent(claim ->
                                    events.tell(
                                            new Events.About(claim),
                                            Events.Type.WARNING,
                                            Reasons.of(failure),
                                            message));
                }
            } catch (KubernetesClientException e) {
                log.atWarn()
                        .addKeyValue("call", call)
                        .addKeyValue(
                                "error",
                                KubeErrors.explain(
                                        "read", "persistentvolumeclaims and persistentvolumes", e))
                        .log("The claim can't be found; what it would have heard is in this log");
            } finally {
                places.release();
            }
        });
    }

    /** Waits for what is being told; a request's time bounds it. */
    @Override
    public void close() {
        threads.close();
    }
}
