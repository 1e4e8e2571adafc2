package dev.lunaria.service.cli;

import dev.lunaria.service.log.LogFormat;
import dev.lunaria.service.log.LogLevel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The settings that every subcommand has, as a picocli mixin: {@code @Mixin CommonOptions common =
 * new CommonOptions()}. Filled by the main thread, then read only.
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
            description = "Form of the log on stderr: json (default) or text.")
    private LogFormat logFormat = LogFormat.JSON;

    @Option(
            names = "--log-level",
            defaultValue = "info",
            paramLabel = "LEVEL",
            description = "trace, debug, info (default), warn or error.")
    private LogLevel logLevel = LogLevel.INFO;

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
