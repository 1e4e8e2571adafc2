package dev.lunaria.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.cli.Program;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of settings are those of the programs: names, defaults, bounds and meanings. */
final class SettingsDocumentTest {
    private static final Path SETTINGS = Path.of("../docs/operations/settings.md");

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
        "lunaria-target, run",
        "lunaria-target, init",
        "lunaria-controller, run",
        "lunaria-controller, create-key",
        "lunaria-node, run",
        "lunaria-node, disk",
    })
    void theTableIsThePrograms(String program, String subcommand) throws IOException {
        String table = program(program).settingsTable(subcommand);
        var section = new DocumentSection(SETTINGS, "settings: " + program + " " + subcommand);

        assertThat(section.contents(table))
                .as("run with -Dlunaria.documents=write to write it anew")
                .isEqualTo(table);
    }
}
