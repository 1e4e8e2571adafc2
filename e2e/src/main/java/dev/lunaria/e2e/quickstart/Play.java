package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.csi.v1.VolumeCapability;
import java.nio.file.Path;
import java.util.Map;

/**
 * The stage on which the chapters play: the installation with its two hosts, and the steps that
 * more than one chapter takes.
 *
 * <p>Used by one thread. Each step is bounded by the deadlines of its calls.
 */
record Play(
        Report report,
        Installation installation,
        Orchestrator orchestrator,
        NodeHost mybox0,
        NodeHost mybox1) {
    static final long GIB = 1L << 30;

    /** One chapter of the scenario. */
    interface Chapter {
        /** What it shows, as a headline. */
        String title();

        /** Plays it; the step that fails has been told. */
        void play() throws Exception;
    }

    /** The same with volumes that are used in another way. */
    Play using(VolumeCapability capability) {
        return new Play(report, installation, orchestrator.using(capability), mybox0, mybox1);
    }

    /** Where a pod on the host finds its volume. */
    Path pod(NodeHost host, String pod) {
        return installation.layout().pod(host.name(), pod);
    }

    /** Publish, stage, publish: as for a pod that starts on the host. Returns the context. */
    Map<String, String> use(Volume volume, NodeHost host, String pod) throws Exception {
        Map<String, String> answer =
                report.make(
                        "ControllerPublishVolume to " + host.name(),
                        () -> {
                            var context = orchestrator.controllerPublish(volume, host);
                            return new Made<>(
                                    context,
                                    "granted at epoch %s, LUN 0 of %s"
                                            .formatted(
                                                    context.get("epoch"),
                                                    context.get("targetName")));
                        });
        report.step("NodeStageVolume on " + host.name(), () -> stage(volume, host, answer));
        report.step(
                "NodePublishVolume on " + host.name(),
                () -> "the pod finds it at " + orchestrator.publish(volume, host, answer, pod));
        return answer;
    }

    private String stage(Volume volume, NodeHost host, Map<String, String> context)
            throws Exception {
        long before = formats(volume);
        orchestrator.stage(volume, host, context);
        if (orchestrator.capability().hasBlock()) {
            check(formats(volume) == before, "a raw disk was formatted");
            return "attached over iSCSI";
        }
        return formats(volume) > before
                ? "attached over iSCSI, formatted as %s, mounted"
                        .formatted(orchestrator.capability().getMount().getFsType())
                : "attached over iSCSI, mounted; not formatted again";
    }

    /** Unpublish, unstage: as for a pod that ends. */
    void stopUsing(Volume volume, NodeHost host, String pod) throws Exception {
        report.step(
                "NodeUnpublishVolume on " + host.name(),
                () -> {
                    orchestrator.unpublish(volume, host, pod);
                    return "the pod's mount is gone";
                });
        report.step(
                "NodeUnstageVolume on " + host.name(),
                () -> {
                    orchestrator.unstage(volume, host);
                    return "unmounted, flushed, logged out";
                });
    }

    /** ControllerUnpublishVolume. */
    void fence(Volume volume, NodeHost host, String said) throws Exception {
        report.step(
                "ControllerUnpublishVolume " + host.name(),
                () -> {
                    orchestrator.controllerUnpublish(volume, host);
                    return said;
                });
    }

    /** As for a pod that ends, and whose volume is then no more needed: one step for all calls. */
    void letGoAndDelete(Volume volume, Map<NodeHost, String> podsByHost) throws Exception {
        report.step(
                "unpublish, unstage, fence, DeleteVolume",
                () -> {
                    for (Map.Entry<NodeHost, String> use : podsByHost.entrySet()) {
                        orchestrator.unpublish(volume, use.getKey(), use.getValue());
                        orchestrator.unstage(volume, use.getKey());
                        orchestrator.controllerUnpublish(volume, use.getKey());
                    }
                    orchestrator.delete(volume);
                    return "gone";
                });
    }

    /** How often the volume was begun to be formatted, as the target has counted. */
    long formats(Volume volume) {
        return new LunView(installation, volume).read().getFormat().getFormattingEntries();
    }
}
