package dev.lunaria.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.metrics.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The tables of metrics are those of the programs, and alerts ask for nothing else. */
final class MetricsDocumentTest {
    private static final Path DOCUMENT = Path.of("../docs/operations/metrics.md");
    private static final Path ALERTS = Path.of("../deploy/prometheus/alerts.yaml");
    private static final Path CHART_FILES = Path.of("../charts/lunaria/files");
    private static final Pattern METRIC = Pattern.compile("\\b(?:lunaria|grpc|jvm|process)_\\w+");
    private static final Pattern LABEL = Pattern.compile("(?:[{,]|by \\(|\\w, )(\\w+)(?=[=!,)])");
    private static final Pattern NAME = Pattern.compile("[a-z]+(_[a-z]+)+");

    private static final Map<String, Metrics> PROGRAMS =
            Map.of(
                    "lunaria-target run", dev.lunaria.target.Main.metrics(),
                    "lunaria-controller run", dev.lunaria.controller.Main.metrics(),
                    "lunaria-node run", dev.lunaria.node.Main.metrics(),
                    "lunaria-node disk", dev.lunaria.node.disk.process.DiskProgram.metrics());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lunaria-target run",
                "lunaria-controller run",
                "lunaria-node run",
                "lunaria-node disk"
            })
    void theTableIsThePrograms(String program) throws IOException {
        String table = Objects.requireNonNull(PROGRAMS.get(program)).table();
        var section = new DocumentSection(DOCUMENT, "metrics: " + program);

        assertThat(section.contents(table))
                .as("run with -Dlunaria.documents=write to write it anew")
                .isEqualTo(table);
    }

    /** https://prometheus.io/docs/practices/naming/ */
    @Test
    void namesAreAsPrometheusHasThem() {
        for (Metrics metrics : PROGRAMS.values()) {
            for (Metrics.Description metric : metrics.descriptions()) {
                assertThat(metric.name()).matches(NAME).startsWith("lunaria_");
                assertThat(metric.name().endsWith("_total"))
                        .as(metric.name())
                        .isEqualTo(metric.type().equals("counter"));
                assertThat(metric.help()).isNotBlank().doesNotEndWith(".");
            }
        }
    }

    @Test
    void alertsUseOnlyMetricsThatThereAre() throws IOException {
        Set<String> known = scraped();
        List<String> rules = new ArrayList<>();
        for (JsonNode group : YAMLMapper.shared().readTree(ALERTS).get("groups")) {
            for (JsonNode rule : group.get("rules")) {
                rules.add(rule.get("alert").asString());
                METRIC.matcher(rule.get("expr").asString())
                        .results()
                        .forEach(found -> assertThat(known).contains(found.group()));
            }
        }
        assertThat(rules).hasSizeGreaterThan(5);
        String document = Files.readString(DOCUMENT);
        assertThat(rules).allSatisfy(alert -> assertThat(document).contains("**" + alert + "**"));
    }

    /** Helm packs what is in the chart's folder alone, so the rules are there once more. */
    @Test
    void theChartsAlertsAreTheSame() throws IOException {
        Path copy = CHART_FILES.resolve("alerts.yaml");
        if ("write".equals(System.getProperty("lunaria.documents"))) {
            Files.copy(ALERTS, copy, StandardCopyOption.REPLACE_EXISTING);
        }

        assertThat(copy).hasSameTextualContentAs(ALERTS);
    }

    @Test
    void theDashboardShowsOnlyMetricsAndLabelsThatThereAre() throws IOException {
        Set<String> known = scraped();
        JsonNode dashboard = YAMLMapper.shared().readTree(CHART_FILES.resolve("dashboard.json"));
        List<String> queries = new ArrayList<>();
        for (JsonNode panel : dashboard.get("panels")) {
            for (JsonNode target : panel.path("targets")) {
                queries.add(target.get("expr").asString());
                assertThat(target.at("/datasource/uid").asString()).isEqualTo("${datasource}");
            }
        }
        for (JsonNode variable : dashboard.at("/templating/list")) {
            queries.add(variable.path("query").path("query").asString(""));
        }
        assertThat(queries).hasSizeGreaterThan(15);
        for (String query : queries) {
            METRIC.matcher(query)
                    .results()
                    .forEach(found -> assertThat(known).as(query).contains(found.group()));
            LABEL.matcher(query)
                    .results()
                    .forEach(found -> assertThat(labels()).as(query).contains(found.group(1)));
        }
    }

    /** What a scrape gives every series, and what the programs give theirs. */
    private static Set<String> labels() {
        Set<String> names =
                new HashSet<>(List.of("le", "instance", "job", "service", "method", "statusCode"));
        PROGRAMS.values().stream()
                .flatMap(metrics -> metrics.descriptions().stream())
                .forEach(metric -> names.addAll(metric.labels()));
        return names;
    }

    /** As a scrape spells them. */
    private static Set<String> scraped() throws IOException {
        Set<String> names = new HashSet<>();
        METRIC.matcher(Files.readString(DOCUMENT))
                .results()
                .map(found -> found.group())
                .filter(name -> name.startsWith("grpc_"))
                .forEach(name -> addSpellings(names, name));
        for (Metrics metrics : PROGRAMS.values()) {
            metrics.descriptions().forEach(metric -> addSpellings(names, metric.name()));
        }
        return names;
    }

    private static void addSpellings(Set<String> names, String name) {
        names.addAll(List.of(name, name + "_bucket", name + "_count", name + "_sum"));
    }
}
