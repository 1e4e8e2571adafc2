package dev.lunaria.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.cli.Program;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of settings are those of the programs: names, defaults, bounds and meanings. */
final class SettingsDocumentTest {
    private static final String SETTINGS = "docs/operations/settings.md";
    private static final String README = "README.md";

    private static Program program(String name) {
        return switch (name) {
            case "lunaria-target" -> dev.lunaria.target.Main.program();
            case "lunaria-controller" -> dev.lunaria.controller.Main.program();
            case "lunaria-node" -> dev.lunaria.node.Main.program();
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @CsvSource({
        SETTINGS + ", lunaria-target, run",
        SETTINGS + ", lunaria-target, init",
        SETTINGS + ", lunaria-controller, run",
        SETTINGS + ", lunaria-controller, create-key",
        SETTINGS + ", lunaria-controller, setup",
        SETTINGS + ", lunaria-controller, check-unused",
        SETTINGS + ", lunaria-controller, evict-node",
        SETTINGS + ", lunaria-controller, readmit-node",
        SETTINGS + ", lunaria-node, run",
        SETTINGS + ", lunaria-node, disk",
        README + ", lunaria-target, run",
        README + ", lunaria-controller, run",
        README + ", lunaria-node, run",
        README + ", lunaria-node, disk",
    })
    void theTableIsThePrograms(String document, String program, String subcommand)
            throws IOException {
        String table = program(program).settingsTable(subcommand);
        var section =
                new DocumentSection(
                        Path.of("..", document), "settings: " + program + " " + subcommand);

        assertThat(section.contents(table))
                .as("run with -Dlunaria.documents=write to write it anew")
                .isEqualTo(table);
    }
}
