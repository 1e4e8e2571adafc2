package dev.lunaria.service.cli;

import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import dev.lunaria.service.log.LunariaLogging;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The settings that every subcommand has, as a picocli mixin: {@code @Mixin CommonOptions common =
 * new CommonOptions()}. Filled by the main thread; the log's level is read again by the thread that
 * reloads.
 */
public final class CommonOptions {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "YAML file with settings, named like the flags; flags and environment go before it.")
    private @Nullable Path config;

    @Option(
            names = "--log-format",
            defaultValue = "json",
            paramLabel = "json|text",
            description = "Form of the log on stderr: for machines or for people.")
    private LogFormat logFormat = LogFormat.JSON;

    @Option(
            names = "--log-level",
            defaultValue = "info",
            paramLabel = "trace|debug|info|warn|error",
            description =
                    "Least severe level that is logged. Changed in the file, SIGHUP applies it.")
    private LogLevel logLevel = LogLevel.INFO;

    private Supplier<LogLevel> logLevelNow = () -> logLevel;

    /** Tells where the level is read again while the program runs. */
    void logLevelFrom(Supplier<LogLevel> source) {
        logLevelNow = source;
    }

    /**
     * Reads the log's level again and sets it; one that was given as a flag stays.
     *
     * @throws StartupException where the settings can't be read
     */
    public void reloadLogLevel() {
        LunariaLogging.level(logLevelNow.get());
    }

    /** Form of the log. */
    public LogFormat logFormat() {
        return logFormat;
    }

    /** Least severe level that is logged. */
    public LogLevel logLevel() {
        return logLevel;
    }

    /** The YAML file of settings, where there is one; its values are applied already. */
    public @Nullable Path config() {
        return config;
    }
}
