package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;
import static dev.lunaria.e2e.quickstart.Play.GIB;

import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A volume grows while a pod writes to it. Used by one thread.
 *
 * <p>With XFS: the kernel grows a mounted ext4 for programs with CAP_SYS_RESOURCE alone, which a
 * machine to try Lunaria on may lack.
 */
final class Growth implements Play.Chapter {
    private static final String POD = "growing";
    private static final long SMALL = 40 * GIB;
    private static final long LARGE = 60 * GIB;
    private static final long STAMPS = 50;
    private static final long PATIENCE_MILLIS = 10_000;

    private final Play play;

    Growth(Play play) {
        this.play = play.using(Orchestrator.XFS_ON_ONE_NODE);
    }

    @Override
    public String title() {
        return "An XFS volume grows to 60 GiB while a pod writes";
    }

    @Override
    public void play() throws Exception {
        Volume volume =
                play.report()
                        .make(
                                "CreateVolume",
                                () -> {
                                    Volume made = play.orchestrator().create("pvc-growing", SMALL);
                                    return new Made<>(made, made.getVolumeId() + ", 40 GiB");
                                });
        play.use(volume, play.mybox1(), POD);
        StampWriter writer = StampWriter.start(mount().resolve("stamps"));
        try {
            play.report().step("ControllerExpandVolume", () -> expandAtTarget(volume, writer));
            play.report().step("NodeExpandVolume on mybox1", () -> expandOnNode(volume, writer));
        } finally {
            writer.stop();
        }
        play.letGoAndDelete(volume, Map.of(play.mybox1(), POD));
    }

    private Path mount() {
        return play.pod(play.mybox1(), POD);
    }

    private String expandAtTarget(Volume volume, StampWriter writer) throws Exception {
        check(writer.awaitStamp(STAMPS, PATIENCE_MILLIS), "the writer doesn't write");
        boolean node = play.orchestrator().controllerExpand(volume, LARGE);
        check(node, "the node is not asked to do its part");
        long bytes = new LunView(play.installation(), volume).read().getSizeBytes();
        check(bytes == LARGE, "the LUN has " + bytes + " bytes");
        return "the LUN has 60 GiB";
    }

    private String expandOnNode(Volume volume, StampWriter writer) throws Exception {
        long before = Files.getFileStore(mount()).getTotalSpace();
        play.orchestrator().nodeExpand(volume, play.mybox1(), POD, LARGE);
        long after = Files.getFileStore(mount()).getTotalSpace();
        check(before < SMALL && after > SMALL, "the filesystem has " + after + " bytes");
        long stamp = writer.acknowledged();
        check(writer.awaitStamp(stamp + STAMPS, PATIENCE_MILLIS), "the writer has stopped");
        return "the filesystem grew from %.1f to %.1f GiB under a writer, which went on after stamp %d"
                .formatted(before / (double) GIB, after / (double) GIB, stamp);
    }
}
