package dev.lunaria.images;

import dev.lunaria.images.ImageSpec.Program;
import dev.lunaria.images.Node.File;
import dev.lunaria.images.Node.OnDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Makes a program's AOT cache (JEP 514) by running it once in its image: the JVM takes a cache only
 * with the same runtime, flags, paths and times of jars. In a sandbox (bubblewrap) with the image's
 * files as its root, so that nothing of this machine gets into it. Of one thread.
 *
 * <p>Two runs never give the same bytes; so the cache has a layer of its own, the last.
 */
final class AotTraining {
    private static final Duration TRAIN = Duration.ofMinutes(2);

    private AotTraining() {}

    /**
     * Runs a program.
     *
     * @param script the training, which gets the launcher and an empty folder
     * @param work a folder in which the cache stays until the layer is written
     */
    static Tree train(StagedRoot root, Program program, Path script, Path work)
            throws IOException, BuildFailure {
        Path out = Files.createDirectories(work.resolve("aot-" + program.name()));
        String cache = program.name() + ".aot";
        List<String> command =
                new ArrayList<>(List.of("bwrap", "--unshare-all", "--die-with-parent"));
        command.addAll(List.of("--clearenv", "--ro-bind", root.folder().toString(), "/"));
        command.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"));
        command.addAll(
                List.of("--tmpfs", "/run", "--tmpfs", "/srv", "--bind", out.toString(), "/srv"));
        command.addAll(List.of("--ro-bind", script.toString(), "/tmp/train"));
        command.addAll(List.of("--setenv", "PATH", "/usr/sbin:/usr/bin"));
        command.addAll(List.of("--setenv", "LANG", "C.UTF-8"));
        command.addAll(List.of("--setenv", "LUNARIA_JAVA_HOME", JlinkedRuntime.HOME));
        command.addAll(
                List.of("--setenv", "LUNARIA_JAVA_OPTS", "-XX:AOTCacheOutput=/srv/" + cache));
        command.addAll(List.of("--dir", "/tmp/training", "/bin/sh", "/tmp/train"));
        command.addAll(List.of("/opt/lunaria/bin/" + program.name(), "/tmp/training"));
        ToolRun.run(command, Map.of(), work.resolve("train-" + program.name() + ".log"), TRAIN);
        Path made = out.resolve(cache);
        if (!Files.exists(made)) {
            throw new BuildFailure(program.name() + " wrote no AOT cache; see its log in " + work);
        }
        return new Tree().put("opt/lunaria/lib/" + cache, new File(new OnDisk(made), false));
    }
}
