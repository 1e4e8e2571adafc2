package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.Repetition;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.e2e.quickstart.PodFiles;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.LunLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One volume from its birth to its end, as a table of what an orchestrator does with it and what is
 * checked in between. A further call is a further line of {@link #ACTS}.
 *
 * <p>Used by one thread at a time. Each call may be made again, whatever came of it before.
 */
final class Life {
    /** What is done with the volume. */
    interface Action {
        /** Does it. */
        void run(Life life) throws Exception;
    }

    /** Whether something can be done with the volume on this machine. */
    interface Condition {
        /** What it lacks; empty: nothing. */
        String lacks(Life life) throws IOException;
    }

    /** One line of the table. */
    sealed interface Act {
        /** The call's name in CSI, or what is checked. */
        String name();

        /** Does it. */
        Action action();

        /** Under which condition it can be done. */
        Condition condition();

        /** A CSI call, in which programs may be killed. */
        record Call(String name, Action action, Condition condition) implements Act {
            Call(String name, Action action) {
                this(name, action, _ -> "");
            }
        }

        /** What holds between the calls. */
        record Check(String name, Action action, Condition condition) implements Act {
            Check(String name, Action action) {
                this(name, action, _ -> "");
            }
        }
    }

    /** The least that mkfs.xfs takes is 300 MiB. */
    private static final long BYTES = 320L << 20;

    private static final long GROWN_BYTES = 2 * BYTES;
    private static final long TWICE_GROWN_BYTES = 3 * BYTES;

    static final List<Act> ACTS =
            List.of(
                    new Act.Call("CreateVolume", Life::create),
                    new Act.Call("ControllerPublishVolume", Life::controllerPublish),
                    new Act.Call("NodeStageVolume", Life::stage),
                    new Act.Check("formatted once", Life::learnFormat),
                    new Act.Call("NodePublishVolume", Life::publish),
                    new Act.Check("the pod writes and fsyncs", life -> life.write(5)),
                    new Act.Call("ControllerModifyVolume", Life::modify),
                    new Act.Check("the target keeps the limits", Life::requireLimits),
                    new Act.Call(
                            "ControllerExpandVolume", life -> life.controllerExpand(GROWN_BYTES)),
                    new Act.Check("the LUN has the new size", Life::requireLargerLun),
                    new Act.Call("NodeExpandVolume", Life::nodeExpand, Life::growsMounted),
                    new Act.Check(
                            "the filesystem has the new size, and every file",
                            Life::requireLargerFilesystem,
                            Life::growsMounted),
                    new Act.Check(
                            "it grows once more at the target",
                            life -> life.controllerExpand(TWICE_GROWN_BYTES)),
                    // So that lives on one filesystem kill each program in it: MatrixTest.
                    new Act.Call("NodeExpandVolume", Life::nodeExpand, Life::growsMounted),
                    new Act.Check(
                            "the filesystem has that size, and every file",
                            Life::requireLargerFilesystem,
                            Life::growsMounted),
                    new Act.Call(
                            "CreateSnapshot",
                            life -> life.copies.takeSnapshot(life.volume(), life.files)),
                    new Act.Check("the pod writes on", life -> life.write(1)),
                    new Act.Call(
                            "CreateVolume from the volume",
                            life -> life.copies.copy(life.volume(), life.bytes, life.files)),
                    new Act.Check("the pod writes on again", life -> life.write(1)),
                    new Act.Call("CreateVolume from the snapshot", life -> life.copies.restore()),
                    new Act.Call(
                            "CreateVolumeGroupSnapshot",
                            life -> life.copies.takeGroup(life.volume(), life.files)),
                    new Act.Check("the pod writes a last time", life -> life.write(1)),
                    new Act.Call("NodeUnpublishVolume", Life::unpublish),
                    new Act.Call("NodeUnstageVolume", Life::unstage),
                    new Act.Call("ControllerUnpublishVolume", Life::controllerUnpublish),
                    new Act.Check(
                            "the other node finds every file, no other, and the new size",
                            life -> life.visit(life.volume(), life.files, life.bytes)),
                    new Act.Check("never formatted again", Life::requireSameFilesystem),
                    new Act.Check(
                            "each copy holds the files of its instant, and no other",
                            life -> life.copies.examine(life::visit)),
                    new Act.Call("DeleteVolumeGroupSnapshot", life -> life.copies.deleteGroup()),
                    new Act.Call("DeleteVolume", Life::delete),
                    new Act.Check(
                            "the snapshot outlives its volume, the group is gone",
                            life -> life.copies.requireSnapshots(false)),
                    new Act.Call("DeleteSnapshot", life -> life.copies.deleteSnapshot()),
                    new Act.Check(
                            "no snapshot is left", life -> life.copies.requireSnapshots(true)),
                    new Act.Check(
                            "what was copied is deleted", life -> life.copies.deleteVolumes()));

    private static final int FILE_BYTES = 64 * 1024;
    private static final Map<String, String> LIMITS =
            Map.of("iopsLimit", "20000", "bytesPerSecondLimit", "1Gi");
    private static final LunLimits LIMITS_AT_TARGET =
            LunLimits.newBuilder()
                    .setOperationsPerSecond(20_000)
                    .setBytesPerSecond(1L << 30)
                    .build();

    private final WatchedInstallation watched;
    private final Orchestrator orchestrator;
    private final LifeFilesystem filesystem;
    private final String name;
    private final NodeHost host;
    private final NodeHost other;
    private final RandomGenerator random;
    private final PodFiles files = new PodFiles();
    private final LifeCopies copies;

    private @Nullable Volume volume;
    private long bytes = BYTES;
    private Map<String, String> context = Map.of();
    private @Nullable Path pod;
    private @Nullable FormatState format;
    private @Nullable UUID filesystemUuid;

    /** A life that begins on one of the hosts and is looked at from the other. */
    Life(
            WatchedInstallation watched,
            LifeFilesystem filesystem,
            String name,
            int host,
            RandomGenerator random) {
        this.watched = watched;
        this.orchestrator = watched.orchestrator().using(filesystem.capability());
        this.filesystem = filesystem;
        this.name = name;
        this.host = watched.host(host);
        this.other = watched.host(1 - host);
        this.random = random;
        this.copies = new LifeCopies(watched.installation(), orchestrator, name);
    }

    NodeHost host() {
        return host;
    }

    LifeFilesystem filesystem() {
        return filesystem;
    }

    /** Whether a pod uses the volume now. */
    boolean hasPod() {
        return pod != null;
    }

    /** As for a pod whose mount is lost: it ends, and begins again. */
    void restartPod() throws Exception {
        orchestrator.unpublish(volume(), host, name);
        pod =
                Repetition.OF_AN_ORCHESTRATOR.untilOk(
                        () -> orchestrator.publish(volume(), host, context, name));
    }

    private Volume volume() {
        if (volume == null) {
            throw new IllegalStateException("there is no volume yet");
        }
        return volume;
    }

    private Path pod() {
        if (pod == null) {
            throw new IllegalStateException("it isn't published");
        }
        return pod;
    }

    private LunView lun() {
        return new LunView(watched.installation(), volume());
    }

    private void create() {
        Volume made = orchestrator.create(name, BYTES);
        check(volume == null || made.equals(volume), "CreateVolume made two volumes of one name");
        volume = made;
    }

    private void controllerPublish() {
        Map<String, String> made = orchestrator.controllerPublish(volume(), host);
        check(
                context.isEmpty() || made.equals(context),
                "ControllerPublishVolume answered %s, and then %s".formatted(context, made));
        context = made;
    }

    private void stage() throws Exception {
        orchestrator.stage(volume(), host, context);
    }

    /** It may have been begun more than once if mkfs was killed; from now on never again. */
    private void learnFormat() throws Exception {
        format = lun().read().getFormat();
        filesystemUuid = lun().filesystemUuid(filesystem.type());
        check(
                format.getState() == FormatState.State.READY
                        && format.getFilesystem().equals(filesystem.type()),
                "staged, and its format state is " + format);
    }

    private void publish() throws Exception {
        pod = orchestrator.publish(volume(), host, context, name);
    }

    private void write(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            files.write(
                    pod(),
                    "file-" + files.count(),
                    FILE_BYTES + random.nextInt(FILE_BYTES),
                    random);
        }
        files.verify(pod());
    }

    private void modify() {
        orchestrator.modify(volume(), LIMITS);
    }

    private void requireLimits() {
        LunLimits now = lun().read().getLimits();
        check(now.equals(LIMITS_AT_TARGET), "the target limits it to " + now);
    }

    private void controllerExpand(long wanted) {
        bytes = wanted;
        check(
                orchestrator.controllerExpand(volume(), wanted),
                "ControllerExpandVolume asks for nothing on the node");
    }

    private void requireLargerLun() {
        long found = lun().read().getSizeBytes();
        check(found == bytes, "the LUN has " + found + " bytes");
    }

    private String growsMounted() throws IOException {
        return filesystem.growsMounted() ? "" : "needs CAP_SYS_RESOURCE, to grow a mounted ext4";
    }

    private void nodeExpand() {
        orchestrator.nodeExpand(volume(), host, name, bytes);
    }

    private void requireLargerFilesystem() throws Exception {
        requireSize(pod(), bytes);
        files.verifyAlone(pod());
    }

    /** A filesystem keeps some of it for itself, less than the part by which it has grown. */
    private static void requireSize(Path mount, long ofVolume) throws IOException {
        long found = Files.getFileStore(mount).getTotalSpace();
        check(
                found > ofVolume / 4 * 3 && found <= ofVolume,
                "the filesystem has %d bytes, and its volume %d".formatted(found, ofVolume));
    }

    private void unpublish() {
        pod = null;
        orchestrator.unpublish(volume(), host, name);
    }

    private void unstage() {
        orchestrator.unstage(volume(), host);
    }

    private void controllerUnpublish() {
        orchestrator.controllerUnpublish(volume(), host);
    }

    /** On the other node: the volume has those files alone, and no error. */
    private void visit(Volume visited, PodFiles expected, long size) throws Exception {
        Map<String, String> there = orchestrator.controllerPublish(visited, other);
        orchestrator.stage(visited, other, there);
        Path mount = orchestrator.publish(visited, other, there, name);
        expected.verifyAlone(mount);
        requireSize(mount, size);
        orchestrator.unpublish(visited, other, name);
        orchestrator.unstage(visited, other);
        orchestrator.controllerUnpublish(visited, other);
        filesystem.examine(new LunView(watched.installation(), visited).file());
    }

    private void requireSameFilesystem() throws Exception {
        FormatState now = lun().read().getFormat();
        check(now.equals(format), "its format state was %s and is %s".formatted(format, now));
        check(
                lun().filesystemUuid(filesystem.type()).equals(filesystemUuid),
                "it is another filesystem");
    }

    private void delete() {
        orchestrator.delete(volume());
    }
}
