package dev.lunaria.service.cli;

import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;
import dev.lunaria.service.net.Endpoint;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * A program's command line: subcommands with settings from flags, the environment and a YAML file,
 * in that order of precedence.
 *
 * <p>Used by the main thread, once. A subcommand is a class with picocli's {@code @Command} that
 * implements {@code Callable<Integer>}; its return value is the exit code. What every subcommand
 * takes is added by the mixin {@link CommonOptions}.
 *
 * <p>Exit codes: 0 done or stopped in order; {@link #EXIT_CRASHED} something unexpected, with a
 * stack trace in the log; {@link #EXIT_REFUSED} bad usage or a {@link StartupException}, with one
 * line on stderr.
 */
public final class Program {
    /** Something unexpected happened. */
    public static final int EXIT_CRASHED = 1;

    /** Bad usage, or a state of the machine in which the program refuses to start. */
    public static final int EXIT_REFUSED = 2;

    private static final String LOG_LEVEL = "--log-level";

    private final String name;
    private final CommandLine commandLine;
    private final Map<String, String> environment;
    private final PrintStream err;

    /**
     * A program.
     *
     * @param name as people type it ("lunaria-controller"); the environment's prefix follows from
     *     it (LUNARIA_CONTROLLER_)
     * @param description one line for {@code --help}
     * @param subcommands objects whose classes carry {@code @Command}
     */
    public Program(String name, String description, List<?> subcommands) {
        this(name, description, subcommands, System.getenv(), System.err);
    }

    Program(
            String name,
            String description,
            List<?> subcommands,
            Map<String, String> environment,
            PrintStream err) {
        this.name = name;
        this.environment = environment;
        this.err = err;
        CommandSpec spec = CommandSpec.create().name(name);
        spec.usageMessage().description(description);
        spec.mixinStandardHelpOptions(true).version(name + " " + Version.current());
        this.commandLine = new CommandLine(spec);
        subcommands.forEach(commandLine::addSubcommand);
        commandLine.getSubcommands().values().forEach(Program::standardHelp);
        registerTypes(commandLine);
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setHelpFactory(
                (command, colours) -> SettingsTable.help(name, command, colours));
        commandLine.setParameterExceptionHandler(this::usageError);
        commandLine.setExecutionExceptionHandler(this::failure);
    }

    /** Runs the subcommand that the arguments name; returns the exit code. */
    public int execute(String... args) {
        Supplier<SettingsSource> settings =
                () -> SettingsSource.read(name, commandLine, args, environment);
        try {
            commandLine.setDefaultValueProvider(settings.get());
        } catch (StartupException e) {
            return refuse(e);
        }
        commandLine.setExecutionStrategy(parsed -> checkAndRun(parsed, settings));
        return commandLine.execute(args);
    }

    /**
     * A subcommand's settings as a Markdown table: what they are called, begin with and may be.
     *
     * @throws IllegalArgumentException where there is no such subcommand
     */
    public String settingsTable(String subcommand) {
        CommandLine line = commandLine.getSubcommands().get(subcommand);
        if (line == null) {
            throw new IllegalArgumentException(name + " has no subcommand " + subcommand);
        }
        return SettingsTable.markdown(name, line.getCommandSpec());
    }

    /** As {@link #execute}, then ends the process with the exit code. */
    @SuppressWarnings("SystemExitOutsideMain") // This is what each main calls.
    public void run(String... args) {
        int code = execute(args);
        Lifecycle.exit(code);
    }

    private static void standardHelp(CommandLine subcommand) {
        CommandSpec spec = subcommand.getCommandSpec();
        boolean hasCommonOptions =
                spec.mixins().values().stream()
                        .anyMatch(mixin -> mixin.userObject() instanceof CommonOptions);
        if (!hasCommonOptions) {
            spec.addMixin("common", CommandSpec.forAnnotatedObject(new CommonOptions()));
        }
        spec.mixinStandardHelpOptions(true)
                .version(Version.current())
                .usageMessage()
                .showDefaultValues(false)
                .sortOptions(false);
    }

    private static void registerTypes(CommandLine line) {
        line.registerConverter(Endpoint.class, Endpoint::parse);
        line.registerConverter(Duration.class, Durations::parse);
        line.registerConverter(Path.class, Path::of);
        line.registerConverter(LogLevel.class, LogLevel::named);
    }

    private int checkAndRun(ParseResult parsed, Supplier<SettingsSource> settings) {
        if (parsed.isUsageHelpRequested() || parsed.isVersionHelpRequested()) {
            return new CommandLine.RunLast().execute(parsed);
        }
        ParseResult sub = parsed.subcommand();
        if (sub == null) {
            commandLine.usage(err);
            return EXIT_REFUSED;
        }
        if (!sub.isUsageHelpRequested() && !sub.isVersionHelpRequested()) {
            try {
                requireBounds(sub.commandSpec());
            } catch (StartupException e) {
                return refuse(e);
            }
        }
        for (CommandSpec mixin : sub.commandSpec().mixins().values()) {
            if (mixin.userObject() instanceof CommonOptions common) {
                LunariaLogging.configure(common.logFormat(), common.logLevel());
                if (!sub.hasMatchedOption(LOG_LEVEL)) {
                    common.logLevelFrom(() -> logLevel(settings.get()));
                }
            }
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static LogLevel logLevel(SettingsSource settings) {
        String level = settings.value(LOG_LEVEL.substring(2));
        try {
            return level == null ? LogLevel.INFO : LogLevel.named(level);
        } catch (IllegalArgumentException e) {
            throw new StartupException("log-level: " + e.getMessage(), e);
        }
    }

    /** What isn't within its bound is refused before anything begins. */
    private static void requireBounds(CommandSpec spec) {
        Map<String, Bound> bounds = SettingsTable.bounds(spec);
        for (OptionSpec option : spec.options()) {
            Object value = option.getValue();
            String flag = option.longestName();
            if (value instanceof Collection<?> values) {
                if (values.size() > SettingsTable.MAX_VALUES) {
                    throw new StartupException(
                            "%s has %d values: at most %d can be given"
                                    .formatted(flag, values.size(), SettingsTable.MAX_VALUES));
                }
                values.forEach(one -> require(flag, one, bounds.get(flag)));
            } else if (value != null) {
                require(flag, value, bounds.get(flag));
            }
        }
    }

    private static void require(String flag, Object value, @Nullable Bound bound) {
        if (bound != null && !bound.holds(value)) {
            String shown = value instanceof Duration time ? Durations.format(time) : "" + value;
            throw new StartupException(
                    "%s is %s: it must be %s".formatted(flag, shown, bound.words()));
        }
    }

    private int usageError(ParameterException e, String[] args) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        return refuse(
                new StartupException(firstLine(e) + " (see " + command + " --help)", e.getCause()));
    }

    private int failure(Exception e, CommandLine line, ParseResult parsed) {
        if (e instanceof StartupException startup) {
            return refuse(startup);
        }
        LoggerFactory.getLogger(Program.class).error("{} ends: unexpected error", name, e);
        return EXIT_CRASHED;
    }

    private int refuse(StartupException e) {
        LoggerFactory.getLogger(Program.class).debug("{} refuses to start", name, e);
        err.println(name + ": " + firstLine(e));
        return EXIT_REFUSED;
    }

    private static String firstLine(Exception e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return message.lines().findFirst().orElse(message);
    }
}
