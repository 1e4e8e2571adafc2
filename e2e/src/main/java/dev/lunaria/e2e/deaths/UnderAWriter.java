package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.scenario.Tally;
import dev.lunaria.proto.csi.v1.Snapshot;
import dev.lunaria.proto.csi.v1.Volume;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Programs die under a pod that appends records and fsyncs each: the pod goes on, or, where its
 * disk process died, finds every fsynced record once it is started again. Used by one thread.
 */
final class UnderAWriter {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(20);
    private static final long RECORDS = 20;
    private static final long BYTES = 256L << 20;

    private final Tally tally;
    private final WatchedInstallation watched;

    /** How a program ends. */
    private interface End {
        void of(Victim victim) throws IOException, InterruptedException;
    }

    UnderAWriter(Tally tally, WatchedInstallation watched) {
        this.tally = tally;
        this.watched = watched;
    }

    /** Carries out its rows. */
    void run() throws InterruptedException {
        tally.headline("A program dies under a pod that writes and fsyncs");
        tally.row(
                "target server killed and started again",
                () -> survives(Victim.TARGET_SERVER, this::kill));
        tally.row(
                "target server stopped in order and started again",
                () -> survives(Victim.TARGET_SERVER, this::stop));
        tally.row(
                "node plugin killed and started again",
                () -> survives(Victim.NODE_PLUGIN, this::kill));
        tally.row(
                "controller killed and started again",
                () -> survives(Victim.CONTROLLER, this::kill));
        tally.row("disk process killed: the mount is lost", this::mountIsLost);
        tally.row(
                "a snapshot and a clone are taken, then the target server is killed",
                this::copiesAreWhole);
    }

    private NodeHost host() {
        return watched.host(0);
    }

    private void kill(Victim victim) throws IOException, InterruptedException {
        victim.process(watched.installation(), host()).kill();
    }

    private void stop(Victim victim) throws IOException, InterruptedException {
        check(
                victim.process(watched.installation(), host()).terminate(STOP),
                victim + " did not stop within " + STOP.toSeconds() + " s of SIGTERM");
    }

    private String survives(Victim victim, End end) throws Exception {
        PodVolume volume = PodVolume.create(watched.orchestrator(), "writer", BYTES);
        Path file = volume.start(host()).resolve("records");
        try (PodWriter writer = PodWriter.start(file)) {
            writer.awaitMore(RECORDS, PATIENCE);
            end.of(victim);
            watched.restart();
            writer.awaitMore(RECORDS, PATIENCE);
            IOException failure = writer.stop();
            check(failure == null, "the pod's writes failed: " + failure);
            PodWriter.verify(file, writer.synced());
            volume.stop(host());
            PodWriter.verify(volume.start(host()).resolve("records"), writer.synced());
            volume.stop(host());
            volume.delete();
            return "%d records, the longest pause %d ms"
                    .formatted(writer.synced(), writer.longestPause().toMillis());
        }
    }

    /** What was fsynced before a call is in the copy that the call has made. */
    private String copiesAreWhole() throws Exception {
        Orchestrator orchestrator = watched.orchestrator();
        PodVolume volume = PodVolume.create(orchestrator, "writer", BYTES);
        Path file = volume.start(host()).resolve("records");
        try (PodWriter writer = PodWriter.start(file)) {
            writer.awaitMore(RECORDS, PATIENCE);
            long beforeSnapshot = writer.synced();
            Snapshot snapshot = orchestrator.snapshot("under-a-writer", volume.volume());
            writer.awaitMore(RECORDS, PATIENCE);
            long beforeClone = writer.synced();
            Volume clone = orchestrator.copy("clone-of-writer", BYTES, volume.volume());
            kill(Victim.TARGET_SERVER);
            watched.restart();
            writer.awaitMore(RECORDS, PATIENCE);
            IOException failure = writer.stop();
            check(failure == null, "the pod's writes failed: " + failure);
            PodWriter.verify(file, writer.synced());
            Volume restored = orchestrator.restore("restored-of-writer", BYTES, snapshot);
            requireRecords(restored, beforeSnapshot);
            requireRecords(clone, beforeClone);
            orchestrator.delete(snapshot);
            volume.stop(host());
            volume.delete();
            return "the snapshot has the %d records, the clone the %d, that were fsynced before its call"
                    .formatted(beforeSnapshot, beforeClone);
        }
    }

    private void requireRecords(Volume copy, long records) throws Exception {
        PodVolume volume = PodVolume.of(watched.orchestrator(), "copy", copy);
        NodeHost other = watched.host(1);
        PodWriter.verify(volume.start(other).resolve("records"), records);
        volume.stop(other);
        volume.delete();
    }

    private String mountIsLost() throws Exception {
        PodVolume volume = PodVolume.create(watched.orchestrator(), "writer", BYTES);
        Path file = volume.start(host()).resolve("records");
        try (PodWriter writer = PodWriter.start(file)) {
            writer.awaitMore(RECORDS, PATIENCE);
            kill(Victim.DISK_PROCESS);
            watched.restart();
            check(
                    writer.awaitFailure(PATIENCE),
                    "the pod's writes go on, and its disk process was killed");
            IOException failure = writer.stop();
            // As for a pod that is restarted: the publish stages the volume anew.
            volume.unpublish(host());
            PodWriter.verify(volume.publish(host()).resolve("records"), writer.synced());
            volume.stop(host());
            volume.delete();
            return "the pod got \"%s\"; after its restart all %d records that it had fsynced are there"
                    .formatted(failure == null ? "" : failure.getMessage(), writer.synced());
        }
    }
}
