package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;
import static dev.lunaria.e2e.quickstart.Play.GIB;

import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.file.Path;
import java.util.Map;

/** A node is fenced while a pod on it writes. Used by one thread. */
final class FenceUnderWriter implements Play.Chapter {
    private static final String POD = "writer";
    private static final long STAMPS = 200;
    private static final long PATIENCE_MILLIS = 10_000;

    private final Play play;

    FenceUnderWriter(Play play) {
        this.play = play;
    }

    @Override
    public String title() {
        return "A node is fenced while a pod on it writes";
    }

    @Override
    public void play() throws Exception {
        Volume volume =
                play.report()
                        .make(
                                "CreateVolume",
                                () -> {
                                    Volume made = play.orchestrator().create("pvc-fenced", GIB);
                                    return new Made<>(made, made.getVolumeId() + ", 1 GiB");
                                });
        play.use(volume, play.mybox0(), POD);
        StampWriter writer = StampWriter.start(play.pod(play.mybox0(), POD).resolve("stamps"));
        try {
            play.report().step("ControllerUnpublishVolume mybox0", () -> fence(volume, writer));
        } finally {
            writer.stop();
        }
        play.letGoAndDelete(volume, Map.of(play.mybox0(), POD));
    }

    private String fence(Volume volume, StampWriter writer) throws Exception {
        Path lun = new LunView(play.installation(), volume).file();
        check(writer.awaitStamp(STAMPS, PATIENCE_MILLIS), "the writer doesn't write");
        play.orchestrator().controllerUnpublish(volume, play.mybox0());
        long atOk = writer.newestIn(lun);
        check(writer.awaitFailure(PATIENCE_MILLIS), "the fenced writer goes on writing");
        long later = writer.newestIn(lun);
        check(later == atOk, "stamp " + later + " came after the fence's OK");
        check(atOk >= writer.acknowledged(), "an acknowledged stamp is lost");
        return "fenced while a pod stamped with O_DIRECT: stamp %d was on the LUN at OK,%nand %d is the newest for ever; the writer got \"%s\""
                .formatted(
                        atOk, later, writer.failure() == null ? "" : writer.failure().getMessage());
    }
}
