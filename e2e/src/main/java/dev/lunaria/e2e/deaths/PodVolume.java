package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.file.Path;
import java.util.Map;

/** A volume that a pod uses: the calls of a pod's start, its end, and of a deletion. One thread. */
final class PodVolume {
    private final Orchestrator orchestrator;
    private final String pod;
    private final Volume volume;
    private Map<String, String> context = Map.of();

    private PodVolume(Orchestrator orchestrator, String pod, Volume volume) {
        this.orchestrator = orchestrator;
        this.pod = pod;
        this.volume = volume;
    }

    /** CreateVolume; the pod is called like it. */
    static PodVolume create(Orchestrator orchestrator, String name, long bytes) {
        return of(orchestrator, name, orchestrator.create(name, bytes));
    }

    /** A volume that is there. */
    static PodVolume of(Orchestrator orchestrator, String pod, Volume volume) {
        return new PodVolume(orchestrator, pod, volume);
    }

    Volume volume() {
        return volume;
    }

    /** Publish, stage, publish; returns where the pod finds it. */
    Path start(NodeHost host) throws Exception {
        context = orchestrator.controllerPublish(volume, host);
        orchestrator.stage(volume, host, context);
        return publish(host);
    }

    /** NodePublishVolume alone, as for a pod that is restarted. */
    Path publish(NodeHost host) throws Exception {
        return Repetition.OF_AN_ORCHESTRATOR.untilOk(
                () -> orchestrator.publish(volume, host, context, pod));
    }

    /** NodeUnpublishVolume alone. */
    void unpublish(NodeHost host) {
        orchestrator.unpublish(volume, host, pod);
    }

    /** The calls of a pod's end. */
    void stop(NodeHost host) {
        unpublish(host);
        orchestrator.unstage(volume, host);
        orchestrator.controllerUnpublish(volume, host);
    }

    void delete() {
        orchestrator.delete(volume);
    }
}
