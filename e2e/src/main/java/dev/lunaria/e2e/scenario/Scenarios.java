package dev.lunaria.e2e.scenario;

import dev.lunaria.e2e.deaths.DeathsCommand;
import dev.lunaria.e2e.kubernetes.ExternalStorageCommand;
import dev.lunaria.e2e.kubernetes.KubernetesCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The program behind {@code e2e/scenario}. */
@Command(
        name = "scenario",
        mixinStandardHelpOptions = true,
        subcommands = {DeathsCommand.class, KubernetesCommand.class, ExternalStorageCommand.class},
        description = "Plays a long scenario on this machine; each has its own --help.")
public final class Scenarios {
    private Scenarios() {}

    /** Ends with the command's exit code. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Scenarios()).execute(args));
    }
}
