package dev.lunaria.e2e.installation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The launchers as administrators use them. */
class LauncherIT {

    @ParameterizedTest
    @CsvSource({
        "target-server, lunaria-target, init run",
        "controller, lunaria-controller, run create-key",
        "node-plugin, lunaria-node, run disk"
    })
    void help_names_every_subcommand(String module, String program, String subcommands)
            throws Exception {
        Result help = run(launcher(module, program), List.of("--help"));

        assertThat(help.exitCode).as(help.out).isZero();
        assertThat(help.out).contains(subcommands.split(" ", -1));
    }

    @ParameterizedTest
    @CsvSource({
        "target-server, lunaria-target",
        "controller, lunaria-controller",
        "node-plugin, lunaria-node",
        "cli, lunaria"
    })
    void the_aot_cache_fits_the_launchers_flags(String module, String program) throws Exception {
        Path launcher = launcher(module, program);
        Path cache = launcher.resolveSibling("../lib/" + program + ".aot").normalize();
        assumeTrue(Files.exists(cache), "needs the AOT caches: ./mvnw -Pdistribution package");

        // on: a cache that doesn't fit ends the JVM, which otherwise only starts more slowly.
        Result version = run(launcher, List.of("--version"), "LUNARIA_AOT_MODE=on");

        assertThat(version.exitCode).as(version.out).isZero();
        assertThat(version.out).contains("0.1.0");
    }

    @ParameterizedTest
    @CsvSource({
        "target-server, lunaria-target, run --no-such-setting",
        "target-server, lunaria-target, run --pool /proc/nowhere --state-folder /proc/nowhere",
        "controller, lunaria-controller, run --cluster-id c --registry-folder /proc/nowhere",
        "controller, lunaria-controller, run --no-such-setting",
        "node-plugin, lunaria-node, run --no-such-setting",
        "cli, lunaria, luns list --no-such-setting",
        "node-plugin, lunaria-node, disk --node-name n --state-folder /proc/nowhere --disk-socket unix:///proc/nowhere/s"
    })
    void what_cannot_start_says_so_in_a_line_with_exit_code_2(
            String module, String program, String arguments) throws Exception {
        Result result = run(launcher(module, program), List.of(arguments.split(" ", -1)));

        assertThat(result.exitCode).as(result.out).isEqualTo(2);
        assertThat(result.out.lines().filter(line -> !line.isBlank()).count())
                .as(result.out)
                .isLessThanOrEqualTo(2);
        assertThat(result.out).doesNotContain("\tat ").doesNotContain("Exception");
    }

    @Test
    void the_administration_program_runs_from_the_repository() throws Exception {
        Path project = Requirements.programs().project();
        assumeTrue(Files.exists(launcher("cli", "lunaria")), "needs the built program");

        Result version = run(project.resolve("bin/lunaria"), List.of("--version"));

        assertThat(version.exitCode).as(version.out).isZero();
        assertThat(version.out).startsWith("lunaria 0.1.0");
    }

    private record Result(int exitCode, String out) {}

    private static Path launcher(String module, String program) {
        return Requirements.programs()
                .project()
                .resolve(module)
                .resolve("target/dist/bin")
                .resolve(program);
    }

    private static Result run(Path launcher, List<String> arguments, String... environment)
            throws IOException, InterruptedException {
        var command = new java.util.ArrayList<String>();
        command.add(launcher.toString());
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        for (String setting : environment) {
            String[] pair = setting.split("=", 2);
            builder.environment().put(pair[0], pair[1]);
        }
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), out);
    }
}
