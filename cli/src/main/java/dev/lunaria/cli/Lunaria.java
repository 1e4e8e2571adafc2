package dev.lunaria.cli;

import dev.lunaria.registry.RegistryException;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.cli.Version;
import dev.lunaria.service.net.Endpoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The command {@code lunaria} itself. Used by the main thread, once.
 *
 * <p>Exit codes: 0 answered; 1 not found, or somebody didn't answer, with one line on stderr for
 * each; 2 bad usage.
 */
@Command(
        name = "lunaria",
        description = "Lists and shows what Lunaria's target servers and registry hold.",
        mixinStandardHelpOptions = true,
        versionProvider = Lunaria.Versions.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ServersCommand.class,
            PoolsCommand.class,
            LunsCommand.class,
            SnapshotsCommand.class,
            GrantsCommand.class,
            SessionsCommand.class,
            VolumesCommand.class,
            NodesCommand.class
        },
        footer = {
            "",
            "Where to ask: --admin, or the servers of a registry's folder (--registry-folder); in the",
            "environment LUNARIA_ADMIN, LUNARIA_REGISTRY_FOLDER, LUNARIA_TLS_CA and so on.",
            "Completion: source <(lunaria completion)"
        })
final class Lunaria {
    /** Something isn't there or doesn't answer. */
    static final int EXIT_FAILED = 1;

    /** Bad usage. */
    static final int EXIT_USAGE = 2;

    @Spec private CommandSpec spec = CommandSpec.create();

    /** Of this build. */
    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"lunaria " + Version.current()};
        }
    }

    static CommandLine commandLine() {
        var line = new CommandLine(new Lunaria());
        line.registerConverter(Endpoint.class, Endpoint::parse);
        line.registerConverter(Path.class, Path::of);
        line.registerConverter(Id.class, Lunaria::id);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(Lunaria::usageError);
        line.setExecutionExceptionHandler(Lunaria::failure);
        line.setExecutionStrategy(Lunaria::run);
        return line;
    }

    private static Id id(String text) {
        try {
            return new Id(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }

    /** A noun without a verb shows what can be done with it. */
    private static int run(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.subcommand() != null) {
            last = last.subcommand();
        }
        CommandLine line = last.commandSpec().commandLine();
        if (!line.getSubcommands().isEmpty()
                && !last.isUsageHelpRequested()
                && !last.isVersionHelpRequested()) {
            line.usage(line.getErr());
            return EXIT_USAGE;
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    @Command(
            name = "completion",
            description = "Print a script that completes commands and options in bash and zsh.",
            mixinStandardHelpOptions = true)
    int completion() {
        PrintWriter out = spec.commandLine().getOut();
        out.print(AutoComplete.bash("lunaria", spec.commandLine()));
        out.flush();
        return 0;
    }

    private static int usageError(ParameterException e, String[] args) {
        CommandLine line = e.getCommandLine();
        line.getErr()
                .printf(
                        "lunaria: %s (see %s --help)%n",
                        firstLine(e), line.getCommandSpec().qualifiedName());
        return EXIT_USAGE;
    }

    private static int failure(Exception e, CommandLine line, ParseResult parsed) {
        line.getErr().printf("lunaria: %s%n", firstLine(e));
        return switch (e) {
            case AdminException _, RegistryException _ -> EXIT_FAILED;
            case StartupException _ -> EXIT_USAGE;
            default -> {
                e.printStackTrace(line.getErr());
                yield EXIT_FAILED;
            }
        };
    }

    private static String firstLine(Exception e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return message.lines().findFirst().orElse(message);
    }
}
