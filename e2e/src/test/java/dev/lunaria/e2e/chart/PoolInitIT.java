package dev.lunaria.e2e.chart;

import static dev.lunaria.e2e.chart.Manifests.elements;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The script of a target server's init container, run as it is rendered. */
final class PoolInitIT {

    private static Manifests manifests;

    @TempDir Path folder;

    @BeforeAll
    static void render() {
        Helm.Output rendered = Helm.found().template(Helm.CHART.resolve("tests/one-node.yaml"));
        assertThat(rendered.code()).as(rendered.out()).isZero();
        manifests = Manifests.parse(rendered.out());
    }

    /** traps: an empty folder is a lost disk, unless a pool was asked for and never was there. */
    @ParameterizedTest
    @CsvSource({
        "true, '', false, 0, init ran",
        "true, '', true, 0, ''",
        "false, '', true, 0, ''",
        "false, '', false, 1, Set initialize",
        "true, 0ba1c18d-ca41-404b-abee-0150c8d2570e, false, 1, Is its filesystem mounted",
        "true, 0ba1c18d-ca41-404b-abee-0150c8d2570e, true, 0, ''",
    })
    void theInitContainerMakesAPoolOnce(
            String initialize, String registered, boolean there, int code, String said)
            throws IOException, InterruptedException {
        Path pool = Files.createDirectory(folder.resolve("pool"));
        if (there) {
            Files.writeString(pool.resolve("pool.json"), "{}");
        }
        Process process = sh(script(pool), initialize, registered);

        String out = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(out).isEqualTo(code);
        assertThat(out).contains(said);
        assertThat(out.contains("init ran")).isEqualTo(said.equals("init ran"));
    }

    private static Process sh(String script, String initialize, String registered)
            throws IOException {
        var builder = new ProcessBuilder("sh", "-c", script).redirectErrorStream(true);
        builder.environment().put("INITIALIZE", initialize);
        builder.environment().put("REGISTERED_POOL", registered);
        return builder.start();
    }

    /** The script, with another folder and another program. */
    private static String script(Path pool) {
        JsonNode pod =
                manifests.only("StatefulSet", "lunaria-target-storage1").at("/spec/template/spec");
        String script =
                elements(pod.path("initContainers"))
                        .filter(one -> one.path("name").asString().equals("initialize"))
                        .map(one -> one.at("/args/0").asString())
                        .findFirst()
                        .orElseThrow();
        assertThat(script).contains("pool=/srv/lunaria/pool", "lunaria-target init", ">/dev/null");
        return script.replace("/srv/lunaria/pool", pool.toString())
                .replace("exec /opt/lunaria/bin/lunaria-target init", "echo init ran")
                .replace(">/dev/null", "");
    }
}
