package dev.lunaria.service.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.metrics.OperationMeter.Operation;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MetricsTest {
    private final Metrics metrics = new Metrics();
    private final Map<List<String>, OperationMeter> meters = new HashMap<>();

    private String scrape() throws IOException {
        var out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.builder().build().write(out, metrics.registry().scrape());
        return out.toString(StandardCharsets.UTF_8);
    }

    private OperationMeter metered(String volume) {
        metrics.operations("lunaria_test", List.of("volume"), "sense", () -> meters);
        var meter = new OperationMeter();
        meters.put(List.of(volume), meter);
        return meter;
    }

    @Test
    void operationsAreCountedTimedAndMeasured() throws IOException {
        OperationMeter meter = metered("pool/lun");
        meter.began();
        meter.began();
        meter.began();
        meter.ended(Operation.READ, 4096, 60_000);
        meter.ended(Operation.READ, 4096, 3_000_000);
        meter.failed("medium_error");

        assertThat(scrape())
                .contains(
                        "lunaria_test_operation_seconds_bucket{operation=\"read\",volume=\"pool/lun\",le=\"5.0E-5\"} 0")
                .contains(
                        "lunaria_test_operation_seconds_bucket{operation=\"read\",volume=\"pool/lun\",le=\"1.0E-4\"} 1")
                .contains(
                        "lunaria_test_operation_seconds_bucket{operation=\"read\",volume=\"pool/lun\",le=\"+Inf\"} 2")
                .contains(
                        "lunaria_test_operation_seconds_count{operation=\"read\",volume=\"pool/lun\"} 2")
                .contains(
                        "lunaria_test_operation_seconds_sum{operation=\"read\",volume=\"pool/lun\"} 0.00306")
                .contains(
                        "lunaria_test_transferred_bytes_total{operation=\"read\",volume=\"pool/lun\"} 8192.0")
                .contains("lunaria_test_operations_in_flight{volume=\"pool/lun\"} 1.0")
                .contains(
                        "lunaria_test_errors_total{sense=\"medium_error\",volume=\"pool/lun\"} 1.0")
                .doesNotContain("operation=\"write\"");
    }

    @Test
    void anOperationOverTheLastBoundIsInTheInfiniteBucketAlone() throws IOException {
        OperationMeter meter = metered("v");
        meter.began();
        meter.ended(Operation.FLUSH, 0, 60_000_000_000L);
        assertThat(scrape())
                .contains("operation=\"flush\",volume=\"v\",le=\"10.0\"} 0")
                .contains("operation=\"flush\",volume=\"v\",le=\"+Inf\"} 1")
                .doesNotContain("transferred_bytes_total{");
    }

    @Test
    void whatIsGoneHasNoSeries() throws IOException {
        metered("gone").began();
        assertThat(scrape()).contains("gone");
        meters.clear();
        assertThat(scrape()).doesNotContain("gone");
    }

    @Test
    void aValueThatCannotBeReadHidesNoOther() throws IOException {
        metrics.gauge(
                "lunaria_bad",
                "Fails.",
                List.of(),
                _ -> {
                    throw new IllegalStateException("no disk");
                });
        metrics.gauge("lunaria_good", "Works.", List.of(), values -> values.put(7));
        assertThat(scrape()).contains("lunaria_good 7.0");
    }

    @Test
    void theTableHasWhatIsScraped() throws IOException {
        OperationMeter meter = metered("v");
        meter.began();
        meter.ended(Operation.WRITE, 512, 1);
        meter.failed("busy");
        metrics.gauge("lunaria_luns", "LUNs.", List.of("pool"), v -> v.put(1, "p"));
        metrics.counter("lunaria_fences_total", "Fences.", List.of(), v -> v.put(1));
        metrics.seconds("lunaria_fence_seconds", "Time.", List.of(), 1, 10).observe(2);
        assertThat(metrics.table())
                .contains("| `lunaria_luns` | gauge | `pool` | LUNs. |")
                .contains("| `lunaria_test_errors_total` | counter | `volume`, `sense` |");
        String scraped = scrape();
        for (Metrics.Description description : metrics.descriptions()) {
            assertThat(scraped).contains("# TYPE " + description.name() + " " + description.type());
        }
    }
}
