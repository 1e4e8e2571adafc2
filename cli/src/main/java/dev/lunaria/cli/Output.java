package dev.lunaria.cli;

import com.google.protobuf.Message;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** In which form answers are printed: a picocli mixin. Used by the main thread. */
final class Output {
    @Spec(Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = {"-o", "--output"},
            defaultValue = "table",
            paramLabel = "table|wide|json|yaml",
            description =
                    "Form of the answer: a table (default), one with all columns, or everything as JSON"
                            + " or YAML.")
    private Form form = Form.TABLE;

    /** A form. */
    enum Form {
        TABLE,
        WIDE,
        JSON,
        YAML
    }

    /** Prints many: a row each, or a list of all that is known of each. */
    <T> void list(List<T> items, Table<T> table, Function<T, ?> whole) {
        switch (form) {
            case TABLE -> out().print(table.print(items, false));
            case WIDE -> out().print(table.print(items, true));
            case JSON -> out().println(json(items.stream().map(whole).toList()));
            case YAML -> out().print(yaml(items.stream().map(whole).toList()));
        }
        out().flush();
    }

    /** Prints one: its fields below each other. */
    void show(Message message) {
        Map<String, Object> tree = MessageTree.of(message);
        switch (form) {
            case TABLE, WIDE, YAML -> out().print(yaml(tree));
            case JSON -> out().println(json(tree));
        }
        out().flush();
    }

    private static String json(Object tree) {
        return JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(tree);
    }

    private static String yaml(Object tree) {
        ObjectMapper yaml =
                YAMLMapper.builder()
                        .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                        .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                        .build();
        return yaml.writeValueAsString(tree);
    }

    private PrintWriter out() {
        if (command == null) {
            throw new IllegalStateException("picocli fills it");
        }
        return command.commandLine().getOut();
    }
}
