package dev.lunaria.e2e.quickstart;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;
import static dev.lunaria.e2e.quickstart.Play.GIB;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.quickstart.Report.Made;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A snapshot of a volume in use, restored into a larger one; and a clone beside its original. Used
 * by one thread.
 */
final class Copies implements Play.Chapter {
    private static final long RESTORED_BYTES = 60 * GIB;
    private static final long CLONED_BYTES = 40 * GIB;

    private final Play play;
    private final Volume volume;
    private final NodeHost host;
    private final String pod;
    private final PodFiles files;
    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

    /**
     * @param files what the pod on the host has written to the volume so far
     */
    Copies(Play play, Volume volume, NodeHost host, String pod, PodFiles files) {
        this.play = play;
        this.volume = volume;
        this.host = host;
        this.pod = pod;
        this.files = files;
    }

    @Override
    public String title() {
        return "A snapshot is taken and restored, and a clone made, while it is in use";
    }

    @Override
    public void play() throws Exception {
        PodFiles then = files.copy();
        Snapshot snapshot = takeSnapshot();
        Volume restored = restore(snapshot, then);
        Volume clone = copy();
        play.report()
                .step(
                        "DeleteSnapshot",
                        () -> {
                            play.orchestrator().delete(snapshot);
                            return "before the volume that was made from it";
                        });
        play.letGoAndDelete(restored, Map.of(play.mybox0(), "restored"));
        play.letGoAndDelete(clone, Map.of(host, "clone"));
    }

    private Snapshot takeSnapshot() throws Exception {
        return play.report()
                .make(
                        "CreateSnapshot",
                        () -> {
                            Snapshot made =
                                    play.orchestrator().snapshot("snapshot-quickstart", volume);
                            files.write(play.pod(host, pod), "after-the-snapshot", 70_000, random);
                            return new Made<>(
                                    made,
                                    "%s, ready to use; then the pod writes one more file"
                                            .formatted(made.getSnapshotId()));
                        });
    }

    private Volume restore(Snapshot snapshot, PodFiles then) throws Exception {
        Volume restored =
                play.report()
                        .make(
                                "CreateVolume from the snapshot",
                                () -> {
                                    Volume made =
                                            play.orchestrator()
                                                    .restore(
                                                            "pvc-restored",
                                                            RESTORED_BYTES,
                                                            snapshot);
                                    return new Made<>(made, made.getVolumeId() + ", 60 GiB");
                                });
        play.use(restored, play.mybox0(), "restored");
        play.report()
                .step(
                        "a pod reads what was restored",
                        () -> {
                            Path mount = play.pod(play.mybox0(), "restored");
                            then.verify(mount);
                            check(
                                    !Files.exists(mount.resolve("after-the-snapshot")),
                                    "it holds a file that was written after the snapshot");
                            long bytes = Files.getFileStore(mount).getTotalSpace();
                            check(bytes > 55 * GIB, "the filesystem has " + bytes + " bytes");
                            return "all %d files as they were at the snapshot, the later one isn't there;%nthe filesystem has grown to %d GiB"
                                    .formatted(then.count(), bytes / GIB);
                        });
        return restored;
    }

    private Volume copy() throws Exception {
        Volume clone =
                play.report()
                        .make(
                                "CreateVolume from the volume",
                                () -> {
                                    Volume made =
                                            play.orchestrator()
                                                    .copy("pvc-clone", CLONED_BYTES, volume);
                                    return new Made<>(made, made.getVolumeId() + ", 40 GiB");
                                });
        play.use(clone, host, "clone");
        play.report()
                .step(
                        "a pod reads the clone",
                        () -> {
                            files.verify(play.pod(host, "clone"));
                            return "all %d files, mounted on %s beside its original"
                                    .formatted(files.count(), host.name());
                        });
        return clone;
    }
}
