package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;
import static dev.lunaria.e2e.quickstart.Play.GIB;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.SmallFilesystem;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.proto.csi.v1.Volume;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The main job from end to end: a volume is born, formatted once, used on two nodes, copied, failed
 * over and deleted; between that, what other volumes can do.
 *
 * <p>Used by one thread. Each step is bounded by the deadlines of its calls.
 */
final class Scenario {
    private static final String POD = "pod";

    private final Play play;
    private final Report report;
    private final Orchestrator orchestrator;
    private final NodeHost mybox0;
    private final NodeHost mybox1;
    private final SmallFilesystem small;
    private final PodFiles files = new PodFiles();
    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

    /**
     * @param small a filesystem that holds the pool of the StorageTarget {@link FullPool#TARGET}
     */
    Scenario(
            Report report,
            Installation installation,
            NodeHost mybox0,
            NodeHost mybox1,
            SmallFilesystem small) {
        this.orchestrator = new Orchestrator(installation);
        this.play = new Play(report, installation, orchestrator, mybox0, mybox1);
        this.report = report;
        this.mybox0 = mybox0;
        this.mybox1 = mybox1;
        this.small = small;
    }

    void run() throws Exception {
        report.headline("A volume is born, formatted once, and written on mybox0");
        Volume volume = born();
        Map<String, String> onMybox0 = play.use(volume, mybox0, POD);
        write(mybox0, 20);
        UUID filesystem = leaveMybox0(volume, onMybox0);

        report.headline("It comes up on mybox1 with the same files");
        play.use(volume, mybox1, POD);
        sameFiles(volume, mybox1, filesystem);

        chapter(new Growth(play));
        chapter(new Copies(play, volume, mybox1, POD, files));
        chapter(new FenceUnderWriter(play));
        chapter(new SharedDisk(play));
        chapter(new FullPool(play, small));
        chapter(new TargetRestart(play, play.pod(mybox1, POD)));

        report.headline("mybox1 dies; the volume fails over to mybox0");
        failOver(volume, filesystem);

        report.headline("The volume is deleted");
        play.stopUsing(volume, mybox0, POD);
        play.fence(volume, mybox0, "fenced");
        report.step(
                "DeleteVolume",
                () -> {
                    orchestrator.delete(volume);
                    return "gone";
                });
    }

    private void chapter(Play.Chapter chapter) throws Exception {
        report.headline(chapter.title());
        chapter.play();
    }

    private Volume born() throws Exception {
        return report.make(
                "CreateVolume",
                () -> {
                    Volume volume = orchestrator.create("pvc-quickstart", 40 * GIB);
                    long allocated =
                            new LunView(play.installation(), volume).read().getAllocatedBytes();
                    check(volume.getCapacityBytes() == 40 * GIB, "the volume has another size");
                    check(allocated < GIB / 1024, "an empty volume takes " + allocated + " bytes");
                    return new Made<>(
                            volume,
                            "%s, 40 GiB; du of its file: %d KiB"
                                    .formatted(volume.getVolumeId(), allocated / 1024));
                });
    }

    private void write(NodeHost host, int count) throws Exception {
        Path pod = play.pod(host, POD);
        report.step(
                "the pod writes and fsyncs",
                () -> {
                    int begin = files.count();
                    for (int i = 0; i < count; i++) {
                        files.write(pod, "from-" + host.name() + "-" + i, 64 * 1024 + i, random);
                    }
                    return "%d files, %d KiB in all"
                            .formatted(files.count() - begin, files.bytes() / 1024);
                });
    }

    private UUID leaveMybox0(Volume volume, Map<String, String> oldContext) throws Exception {
        play.stopUsing(volume, mybox0, POD);
        play.fence(volume, mybox0, "fenced");
        report.step("mybox0 tries its old credentials", () -> refused(volume, oldContext));
        return report.make(
                "the target's record",
                () -> {
                    UUID filesystem =
                            new LunView(play.installation(), volume).filesystemUuid("ext4");
                    checkFormattedOnce(volume);
                    return new Made<>(filesystem, "formatted once, filesystem " + filesystem);
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
                    files.verify(play.pod(host, POD));
                    checkFormattedOnce(volume);
                    UUID now = new LunView(play.installation(), volume).filesystemUuid("ext4");
                    check(filesystem.equals(now), "it is another filesystem");
                    return "all %d files have the checksums they were written with;%nformatted once, the same filesystem %s"
                            .formatted(files.count(), filesystem);
                });
    }

    private void checkFormattedOnce(Volume volume) {
        long formats = play.formats(volume);
        check(formats == 1, "it was formatted " + formats + " times");
    }

    private void failOver(Volume volume, UUID filesystem) throws Exception {
        write(mybox1, 20);
        report.step(
                "SIGKILL to mybox1's programs",
                () -> {
                    mybox1.kill();
                    return "node plugin and disk process are gone, the volume is still mounted";
                });
        play.fence(volume, mybox1, "fenced, though mybox1 can't answer");
        play.use(volume, mybox0, POD);
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
}
