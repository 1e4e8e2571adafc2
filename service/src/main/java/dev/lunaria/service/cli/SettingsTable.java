package dev.lunaria.service.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What a subcommand's settings are called, begin with and may be: for {@code --help} and for the
 * documents, from the options themselves. Stateless.
 */
final class SettingsTable {
    /** Values that a setting which may be given several times takes at most. */
    static final int MAX_VALUES = 64;

    private SettingsTable() {}

    /** A setting's name in a file: its flag without the dashes. */
    static String name(OptionSpec option) {
        return option.longestName().replaceFirst("^--?", "");
    }

    /** A setting's name in the environment. */
    static String variable(String program, OptionSpec option) {
        return SettingsSource.prefix(program)
                + name(option).toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Whether an option is a setting, rather than a question. */
    static boolean isSetting(OptionSpec option) {
        return !option.usageHelp() && !option.versionHelp();
    }

    /** The bounds of a subcommand's settings. */
    static Map<String, Bound> bounds(CommandSpec spec) {
        return spec.userObject() instanceof Bounded bounded ? bounded.bounds() : Map.of();
    }

    /** Rows of a Markdown table: setting, environment, default, what it may be, what it means. */
    static String markdown(String program, CommandSpec spec) {
        var table = new StringBuilder();
        table.append("| setting | in the environment | default | may be | what it is |\n");
        table.append("|---|---|---|---|---|\n");
        Map<String, Bound> bounds = bounds(spec);
        for (OptionSpec option : spec.options()) {
            if (isSetting(option)) {
                table.append(
                        "| `%s` | `%s` | %s | %s | %s |\n"
                                .formatted(
                                        name(option),
                                        variable(program, option),
                                        standard(option, "`"),
                                        mayBe(option, bounds.get(option.longestName())),
                                        String.join(" ", option.description())));
            }
        }
        return table.toString();
    }

    /** What the help shows behind a setting's description. */
    static String remark(String program, OptionSpec option, @Nullable Bound bound) {
        return "Default: %s. May be: %s. %s"
                .formatted(
                        standard(option, ""),
                        mayBe(option, bound).replace("\\|", "|"),
                        variable(program, option));
    }

    private static String standard(OptionSpec option, String quote) {
        if (option.required()) {
            return "must be given";
        }
        String value = option.defaultValue();
        if (value == null || value.isEmpty()) {
            return option.typeInfo().isBoolean() ? quote + "false" + quote : "none";
        }
        return quote + value + quote;
    }

    private static String mayBe(OptionSpec option, @Nullable Bound bound) {
        if (option.typeInfo().isBoolean()) {
            return "true or false";
        }
        String one = bound != null ? bound.words() : option.paramLabel().replace("|", "\\|");
        return option.isMultiValue() ? one + ", at most " + MAX_VALUES + " of them" : one;
    }

    /** Help with the defaults, bounds and environment variables of all settings. */
    static Help help(String program, CommandSpec spec, Help.ColorScheme colours) {
        return new Help(spec, colours) {
            @Override
            public IOptionRenderer createDefaultOptionRenderer() {
                IOptionRenderer plain = super.createDefaultOptionRenderer();
                return (option, label, scheme) -> {
                    List<Text[]> rows =
                            new ArrayList<>(List.of(plain.render(option, label, scheme)));
                    if (isSetting(option) && spec.parent() != null) {
                        Bound bound = bounds(spec).get(option.longestName());
                        Text none = scheme.ansi().new Text("", scheme);
                        Text remark =
                                scheme.ansi().new Text(remark(program, option, bound), scheme);
                        rows.add(new Text[] {none, none, none, none, remark});
                    }
                    return rows.toArray(Text[][]::new);
                };
            }
        };
    }
}
