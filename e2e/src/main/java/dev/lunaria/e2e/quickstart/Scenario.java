package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The main job from end to end: a volume is born, formatted once, used on two nodes, fenced, failed
 * over and deleted.
 *
 * <p>Used by one thread. Each step is bounded by the deadlines of its calls.
 */
final class Scenario {
    private static final long GIB = 1L << 30;
    private static final String POD = "pod";

    private final Report report;
    private final Installation installation;
    private final Orchestrator orchestrator;
    private final NodeHost mybox0;
    private final NodeHost mybox1;
    private final PodFiles files = new PodFiles();
    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

    Scenario(Report report, Installation installation, NodeHost mybox0, NodeHost mybox1) {
        this.report = report;
        this.installation = installation;
        this.orchestrator = new Orchestrator(installation);
        this.mybox0 = mybox0;
        this.mybox1 = mybox1;
    }

    void run() throws Exception {
        report.headline("A volume is born, formatted once, and written on mybox0");
        Volume volume = born();
        Map<String, String> onMybox0 = use(volume, mybox0);
        Path pod = installation.layout().pod(mybox0.name(), POD);
        write(pod, 20, "from-mybox0");
        UUID filesystem = leaveMybox0(volume, onMybox0);

        report.headline("It comes up on mybox1 with the same files");
        use(volume, mybox1);
        sameFiles(volume, mybox1, filesystem);

        report.headline("A node is fenced while a pod on it writes");
        fenceUnderAWriter();

        report.headline("mybox1 dies; the volume fails over to mybox0");
        failOver(volume, filesystem);

        report.headline("The volume is deleted");
        delete(volume);
    }

    private Volume born() throws Exception {
        return report.make(
                "CreateVolume",
                () -> {
                    Volume volume = orchestrator.create("pvc-quickstart", 40 * GIB);
                    long allocated = new LunView(installation, volume).read().getAllocatedBytes();
                    check(volume.getCapacityBytes() == 40 * GIB, "the volume has another size");
                    check(allocated < GIB / 1024, "an empty volume takes " + allocated + " bytes");
                    return new Made<>(
                            volume,
                            "%s, 40 GiB; du of its file: %d KiB"
                                    .formatted(volume.getVolumeId(), allocated / 1024));
                });
    }

    /** Publish, stage, publish: as for a pod that starts on the host. */
    private Map<String, String> use(Volume volume, NodeHost host) throws Exception {
        return use(volume, host, POD);
    }

    private Map<String, String> use(Volume volume, NodeHost host, String pod) throws Exception {
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
        report.step(
                "NodeStageVolume on " + host.name(),
                () -> {
                    long before = formats(volume);
                    orchestrator.stage(volume, host, answer);
                    return formats(volume) > before
                            ? "attached over iSCSI, formatted as ext4, mounted"
                            : "attached over iSCSI, mounted; not formatted again";
                });
        report.step(
                "NodePublishVolume on " + host.name(),
                () -> "the pod finds it at " + orchestrator.publish(volume, host, answer, pod));
        return answer;
    }

    private void write(Path pod, int count, String prefix) throws Exception {
        report.step(
                "the pod writes and fsyncs",
                () -> {
                    int begin = files.count();
                    for (int i = 0; i < count; i++) {
                        files.write(pod, prefix + "-" + i, 64 * 1024 + i, random);
                    }
                    return "%d files, %d KiB in all"
                            .formatted(files.count() - begin, files.bytes() / 1024);
                });
    }

    private UUID leaveMybox0(Volume volume, Map<String, String> oldContext) throws Exception {
        stopUsing(volume, mybox0);
        report.step(
                "ControllerUnpublishVolume mybox0",
                () -> {
                    orchestrator.controllerUnpublish(volume, mybox0);
                    return "fenced";
                });
        report.step("mybox0 tries its old credentials", () -> refused(volume, oldContext));
        return report.make(
                "the target's record",
                () -> {
                    UUID filesystem = new LunView(installation, volume).filesystemUuid();
                    check(formats(volume) == 1, "it was formatted " + formats(volume) + " times");
                    return new Made<>(filesystem, "formatted once, filesystem " + filesystem);
                });
    }

    private void stopUsing(Volume volume, NodeHost host) throws Exception {
        report.step(
                "NodeUnpublishVolume on " + host.name(),
                () -> {
                    orchestrator.unpublish(volume, host, POD);
                    return "the pod's mount is gone";
                });
        report.step(
                "NodeUnstageVolume on " + host.name(),
                () -> {
                    orchestrator.unstage(volume, host);
                    return "unmounted, flushed, logged out";
                });
    }

    private String refused(Volume volume, Map<String, String> oldContext) throws Exception {
        try {
            orchestrator.stage(volume, mybox0, oldContext);
        } catch (StatusRuntimeException e) {
            orchestrator.unstage(volume, mybox0);
            return "refused: " + e.getStatus().getCode() + ", " + e.getStatus().getDescription();
        }
        throw new CheckFailedException("a fenced node attached the volume");
    }

    private void sameFiles(Volume volume, NodeHost host, UUID filesystem) throws Exception {
        report.step(
                "the pod reads on " + host.name(),
                () -> {
                    files.verify(installation.layout().pod(host.name(), POD));
                    LunView lun = new LunView(installation, volume);
                    check(formats(volume) == 1, "it was formatted " + formats(volume) + " times");
                    check(filesystem.equals(lun.filesystemUuid()), "it is another filesystem");
                    return "all %d files have the checksums they were written with;%nformatted once, the same filesystem %s"
                            .formatted(files.count(), filesystem);
                });
    }

    private void fenceUnderAWriter() throws Exception {
        Volume volume =
                report.make(
                        "CreateVolume",
                        () -> {
                            Volume made = orchestrator.create("pvc-fenced", GIB);
                            return new Made<>(made, made.getVolumeId() + ", 1 GiB");
                        });
        String pod = "writer";
        use(volume, mybox0, pod);
        Path lun = new LunView(installation, volume).file();
        StampWriter writer =
                StampWriter.start(installation.layout().pod(mybox0.name(), pod).resolve("stamps"));
        try {
            report.step("ControllerUnpublishVolume mybox0", () -> fenceWhile(writer, volume, lun));
        } finally {
            writer.stop();
        }
        report.step(
                "NodeUnpublishVolume, NodeUnstageVolume",
                () -> {
                    orchestrator.unpublish(volume, mybox0, pod);
                    orchestrator.unstage(volume, mybox0);
                    return "mybox0 lets go of what it was fenced off";
                });
        report.step(
                "DeleteVolume",
                () -> {
                    orchestrator.delete(volume);
                    return "gone";
                });
    }

    private String fenceWhile(StampWriter writer, Volume volume, Path lun) throws Exception {
        check(writer.awaitStamp(200, 10_000), "the writer doesn't write");
        orchestrator.controllerUnpublish(volume, mybox0);
        long atOk = writer.newestIn(lun);
        check(writer.awaitFailure(10_000), "the fenced writer goes on writing");
        long later = writer.newestIn(lun);
        check(later == atOk, "stamp " + later + " came after the fence's OK");
        check(atOk >= writer.acknowledged(), "an acknowledged stamp is lost");
        return String.format(
                Locale.ROOT,
                "fenced while a pod stamped with O_DIRECT: stamp %d was on the LUN at OK,%nand %d is the newest for ever; the writer got \"%s\"",
                atOk,
                later,
                writer.failure() == null ? "" : writer.failure().getMessage());
    }

    private void failOver(Volume volume, UUID filesystem) throws Exception {
        write(installation.layout().pod(mybox1.name(), POD), 20, "from-mybox1");
        report.step(
                "SIGKILL to mybox1's programs",
                () -> {
                    mybox1.kill();
                    return "node plugin and disk process are gone, the volume is still mounted";
                });
        report.step(
                "ControllerUnpublishVolume mybox1",
                () -> {
                    orchestrator.controllerUnpublish(volume, mybox1);
                    return "fenced, though mybox1 can't answer";
                });
        use(volume, mybox0);
        sameFiles(volume, mybox0, filesystem);
        report.step(
                "mybox1 comes back",
                () -> {
                    mybox1.restart();
                    orchestrator.unpublish(volume, mybox1, POD);
                    orchestrator.unstage(volume, mybox1);
                    return "its dead mount is cleared by NodeUnpublishVolume and NodeUnstageVolume";
                });
    }

    private void delete(Volume volume) throws Exception {
        stopUsing(volume, mybox0);
        report.step(
                "ControllerUnpublishVolume mybox0",
                () -> {
                    orchestrator.controllerUnpublish(volume, mybox0);
                    return "fenced";
                });
        report.step(
                "DeleteVolume",
                () -> {
                    orchestrator.delete(volume);
                    return "gone";
                });
    }

    private long formats(Volume volume) {
        return new LunView(installation, volume).read().getFormat().getFormattingEntries();
    }
}
