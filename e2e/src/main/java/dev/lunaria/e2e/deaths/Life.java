package dev.lunaria.e2e.deaths;

import static dev.lunaria.e2e.quickstart.CheckFailedException.check;

import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.quickstart.LunView;
import dev.lunaria.e2e.quickstart.PodFiles;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.target.v1.FormatState;
import java.nio.charset.StandardCharsets;
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

    /** One line of the table. */
    sealed interface Act {
        /** The call's name in CSI, or what is checked. */
        String name();

        /** Does it. */
        Action action();

        /** A CSI call, in which programs may be killed. */
        record Call(String name, Action action) implements Act {}

        /** What holds between the calls. */
        record Check(String name, Action action) implements Act {}
    }

    static final List<Act> ACTS =
            List.of(
                    new Act.Call("CreateVolume", Life::create),
                    new Act.Call("ControllerPublishVolume", Life::controllerPublish),
                    new Act.Call("NodeStageVolume", Life::stage),
                    new Act.Check("formatted once", Life::learnFormat),
                    new Act.Call("NodePublishVolume", Life::publish),
                    new Act.Check("the pod writes and fsyncs", Life::write),
                    new Act.Call("NodeUnpublishVolume", Life::unpublish),
                    new Act.Call("NodeUnstageVolume", Life::unstage),
                    new Act.Call("ControllerUnpublishVolume", Life::controllerUnpublish),
                    new Act.Check("the other node finds every file", Life::readElsewhere),
                    new Act.Check("e2fsck finds nothing; never formatted again", Life::examine),
                    new Act.Call("DeleteVolume", Life::delete));

    private static final long BYTES = 256L << 20;
    private static final int FILES = 5;
    private static final int FILE_BYTES = 64 * 1024;

    private final WatchedInstallation watched;
    private final Orchestrator orchestrator;
    private final String name;
    private final NodeHost host;
    private final NodeHost other;
    private final RandomGenerator random;
    private final PodFiles files = new PodFiles();

    private @Nullable Volume volume;
    private Map<String, String> context = Map.of();
    private @Nullable Path pod;
    private @Nullable FormatState format;
    private @Nullable UUID filesystem;

    /** A life that begins on one of the hosts and is looked at from the other. */
    Life(WatchedInstallation watched, String name, int host, RandomGenerator random) {
        this.watched = watched;
        this.orchestrator = watched.orchestrator();
        this.name = name;
        this.host = watched.host(host);
        this.other = watched.host(1 - host);
        this.random = random;
    }

    NodeHost host() {
        return host;
    }

    private Volume volume() {
        if (volume == null) {
            throw new IllegalStateException("there is no volume yet");
        }
        return volume;
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
        filesystem = lun().filesystemUuid();
        check(
                format.getState() == FormatState.State.READY
                        && format.getFilesystem().equals("ext4"),
                "staged, and its format state is " + format);
    }

    private void publish() throws Exception {
        pod = orchestrator.publish(volume(), host, context, name);
    }

    private void write() throws Exception {
        if (pod == null) {
            throw new IllegalStateException("it isn't published");
        }
        for (int i = 0; i < FILES; i++) {
            files.write(pod, "file-" + i, FILE_BYTES + random.nextInt(FILE_BYTES), random);
        }
        files.verify(pod);
    }

    private void unpublish() {
        orchestrator.unpublish(volume(), host, name);
    }

    private void unstage() {
        orchestrator.unstage(volume(), host);
    }

    private void controllerUnpublish() {
        orchestrator.controllerUnpublish(volume(), host);
    }

    private void readElsewhere() throws Exception {
        Map<String, String> there = orchestrator.controllerPublish(volume(), other);
        orchestrator.stage(volume(), other, there);
        files.verify(orchestrator.publish(volume(), other, there, name));
        orchestrator.unpublish(volume(), other, name);
        orchestrator.unstage(volume(), other);
        orchestrator.controllerUnpublish(volume(), other);
    }

    /** The LUN's bytes are a filesystem, unmounted in order by now: e2fsck must find it clean. */
    private void examine() throws Exception {
        FormatState now = lun().read().getFormat();
        check(now.equals(format), "its format state was %s and is %s".formatted(format, now));
        check(lun().filesystemUuid().equals(filesystem), "it is another filesystem");
        Process fsck =
                new ProcessBuilder("e2fsck", "-f", "-n", lun().file().toString())
                        .redirectErrorStream(true)
                        .start();
        String out = new String(fsck.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        check(fsck.waitFor() == 0, "e2fsck says:\n" + out);
    }

    private void delete() {
        orchestrator.delete(volume());
    }
}
