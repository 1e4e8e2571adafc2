package dev.lunaria.service.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Values of settings that weren't given as flags: first the environment, then the YAML file.
 *
 * <p>Immutable once read. A setting that no subcommand knows is refused, in both. In the
 * environment the variables that Kubernetes makes for a Service of the program's name
 * (…_SERVICE_HOST, …_PORT, …_PORT_443_TCP and so on) are passed over; so no flag may be named
 * {@code --port} or begin with {@code --service-}.
 */
final class SettingsSource implements IDefaultValueProvider {
    private static final String CONFIG = "config";
    private static final Pattern SERVICE_LINK =
            Pattern.compile("SERVICE_(HOST|PORT(_.*)?)|PORT(_\\d+_(TCP|UDP|SCTP)(_.*)?)?");

    private final Map<String, String> environment;
    private final Map<String, String> file;

    private SettingsSource(Map<String, String> environment, Map<String, String> file) {
        this.environment = environment;
        this.file = file;
    }

    /**
     * Reads the environment and the file that {@code --config} or LUNARIA_…_CONFIG names.
     *
     * @throws StartupException where a setting is unknown or the file can't be read
     */
    static SettingsSource read(
            String program, CommandLine line, String[] args, Map<String, String> environment) {
        Set<String> known = new HashSet<>();
        collect(line, known);
        Map<String, String> fromEnvironment = fromEnvironment(program, known, environment);
        String config = configFlag(args);
        if (config == null) {
            config = fromEnvironment.get(CONFIG);
        }
        Map<String, String> fromFile = config == null ? Map.of() : fromFile(Path.of(config), known);
        return new SettingsSource(fromEnvironment, fromFile);
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return null;
        }
        return value(SettingsTable.name(option));
    }

    /** What a setting is given as, in the environment or the file; null where it is in neither. */
    @Nullable String value(String setting) {
        String value = environment.get(setting);
        return value != null ? value : file.get(setting);
    }

    /** The prefix of a program's environment variables: LUNARIA_TARGET_ for "lunaria-target". */
    static String prefix(String program) {
        return program.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
    }

    private static void collect(CommandLine line, Set<String> known) {
        for (OptionSpec option : line.getCommandSpec().options()) {
            if (SettingsTable.isSetting(option)) {
                known.add(SettingsTable.name(option));
            }
        }
        line.getSubcommands().values().forEach(sub -> collect(sub, known));
    }

    private static Map<String, String> fromEnvironment(
            String program, Set<String> known, Map<String, String> environment) {
        String prefix = prefix(program);
        Map<String, String> byVariable =
                known.stream()
                        .collect(
                                Collectors.toMap(
                                        s -> s.toUpperCase(Locale.ROOT).replace('-', '_'),
                                        Function.identity()));
        Map<String, String> values = new TreeMap<>();
        new TreeMap<>(environment)
                .forEach((variable, value) -> {
                    if (!variable.startsWith(prefix)) {
                        return;
                    }
                    String rest = variable.substring(prefix.length());
                    String setting = byVariable.get(rest);
                    if (setting != null) {
                        values.put(setting, value);
                    } else if (!SERVICE_LINK.matcher(rest).matches()) {
                        throw new StartupException(
                                "unknown setting " + variable + " in the environment");
                    }
                });
        return values;
    }

    private static @Nullable String configFlag(String[] args) {
        List<String> list = Arrays.asList(args);
        for (int i = 0; i < list.size(); i++) {
            String arg = list.get(i);
            if (arg.startsWith("--config=")) {
                return arg.substring("--config=".length());
            }
            if (arg.equals("--config") && i + 1 < list.size()) {
                return list.get(i + 1);
            }
        }
        return null;
    }

    private static Map<String, String> fromFile(Path path, Set<String> known) {
        if (!Files.isReadable(path)) {
            throw new StartupException("cannot read the settings file " + path);
        }
        JsonNode root;
        try {
            root = new YAMLMapper().readTree(path);
        } catch (JacksonException e) {
            throw new StartupException(
                    path + " is not YAML: " + e.getOriginalMessage().lines().findFirst().orElse(""),
                    e);
        }
        if (root.isMissingNode() || root.isNull()) {
            return Map.of();
        }
        if (!root.isObject()) {
            throw new StartupException(path + " must hold settings as 'name: value'");
        }
        Map<String, String> values = new TreeMap<>();
        for (Map.Entry<String, JsonNode> property : root.properties()) {
            String setting = property.getKey();
            if (!known.contains(setting) || setting.equals(CONFIG)) {
                throw new StartupException("unknown setting '" + setting + "' in " + path);
            }
            values.put(setting, text(path, setting, property.getValue()));
        }
        return values;
    }

    private static String text(Path path, String setting, JsonNode node) {
        if (node.isArray()) {
            return node.valueStream()
                    .map(item -> text(path, setting, item))
                    .collect(Collectors.joining(","));
        }
        if (!node.isValueNode() || node.isNull()) {
            throw new StartupException(
                    "setting '"
                            + setting
                            + "' in "
                            + path
                            + " must be a value or a list of values");
        }
        return node.asString();
    }
}
