package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;
import static dev.lunaria.e2e.quickstart.Play.GIB;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.file.Files;
import java.nio.file.Path;

/** A volume grows while a pod writes to it. Used by one thread. */
final class Growth implements Play.Chapter {
    private static final long BYTES = 60 * GIB;
    private static final long STAMPS = 50;
    private static final long PATIENCE_MILLIS = 10_000;

    private final Play play;
    private final Volume volume;
    private final NodeHost host;
    private final String pod;

    Growth(Play play, Volume volume, NodeHost host, String pod) {
        this.play = play;
        this.volume = volume;
        this.host = host;
        this.pod = pod;
    }

    @Override
    public String title() {
        return "It grows to 60 GiB while a pod writes";
    }

    @Override
    public void play() throws Exception {
        Path mount = play.pod(host, pod);
        StampWriter writer = StampWriter.start(mount.resolve("stamps"));
        try {
            play.report().step("ControllerExpandVolume", () -> expandAtTarget(writer));
            play.report().step("NodeExpandVolume on " + host.name(), () -> expandOnNode(writer));
        } finally {
            writer.stop();
        }
        Files.delete(mount.resolve("stamps"));
    }

    private String expandAtTarget(StampWriter writer) throws Exception {
        check(writer.awaitStamp(STAMPS, PATIENCE_MILLIS), "the writer doesn't write");
        boolean node = play.orchestrator().controllerExpand(volume, BYTES);
        check(node, "the node is not asked to do its part");
        long bytes = new LunView(play.installation(), volume).read().getSizeBytes();
        check(bytes == BYTES, "the LUN has " + bytes + " bytes");
        return "the LUN has 60 GiB";
    }

    private String expandOnNode(StampWriter writer) throws Exception {
        Path mount = play.pod(host, pod);
        long before = Files.getFileStore(mount).getTotalSpace();
        play.orchestrator().nodeExpand(volume, host, pod, BYTES);
        long after = Files.getFileStore(mount).getTotalSpace();
        check(after > before && after > 55 * GIB, "the filesystem has " + after + " bytes");
        long stamp = writer.acknowledged();
        check(writer.awaitStamp(stamp + STAMPS, PATIENCE_MILLIS), "the writer has stopped");
        return "the filesystem grew from %d to %d GiB under a writer; stamp %d and later came after it"
                .formatted(before / GIB, after / GIB, stamp + 1);
    }
}
