package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;
import static dev.lunaria.e2e.quickstart.Play.GIB;

import dev.lunaria.e2e.installation.SmallFilesystem;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.file.Path;
import java.util.Map;

/** A pod fills a pool; room is made, and the pod goes on. Used by one thread. */
final class FullPool implements Play.Chapter {
    /** Name of the small pool's StorageTarget. */
    static final String TARGET = "small";

    private static final String POD = "filling";
    private static final int MIB = 1 << 20;
    private static final long FIRST_STAMP_MILLIS = 10_000;

    /** A write that takes so long waits for room. */
    private static final long STALL_MILLIS = 2_000;

    /** Below the minute for which a full pool is only BUSY. */
    private static final long GOES_ON_MILLIS = 45_000;

    private final Play play;
    private final SmallFilesystem small;

    FullPool(Play play, SmallFilesystem small) {
        this.play = play;
        this.small = small;
    }

    @Override
    public String title() {
        return "A pool is full, and comes back";
    }

    @Override
    public void play() throws Exception {
        Volume volume =
                play.report()
                        .make(
                                "CreateVolume in a small pool",
                                () -> {
                                    Volume made =
                                            play.orchestrator()
                                                    .create(
                                                            "pvc-filling",
                                                            GIB,
                                                            Map.of("target", TARGET));
                                    return new Made<>(
                                            made, made.getVolumeId() + ", 1 GiB: more than it has");
                                });
        play.use(volume, play.mybox0(), POD);
        Path file = play.pod(play.mybox0(), POD).resolve("big");
        StampWriter writer = StampWriter.startAppending(file, MIB);
        try {
            play.report().step("the pod writes until it is full", () -> fill(writer));
            play.report().step("room is made", () -> makeRoom(writer));
        } finally {
            writer.stop();
        }
        play.letGoAndDelete(volume, Map.of(play.mybox0(), POD));
    }

    private static String fill(StampWriter writer) throws Exception {
        check(writer.awaitStamp(1, FIRST_STAMP_MILLIS), "the writer doesn't write");
        long written = writer.acknowledged();
        while (writer.awaitStamp(written + 1, STALL_MILLIS)) {
            written = writer.acknowledged();
        }
        check(writer.failure() == null, "the writer got an error: " + writer.failure());
        return "after %d MiB a write waits; no error".formatted(written);
    }

    private String makeRoom(StampWriter writer) throws Exception {
        long written = writer.acknowledged();
        small.throwOffBallast();
        check(
                writer.awaitStamp(written + 4, GOES_ON_MILLIS),
                "the writer doesn't go on: " + writer.failure());
        return "the pod goes on, with nothing mounted anew; its longest wait: %s"
                .formatted(Report.seconds(writer.longestWait()));
    }
}
