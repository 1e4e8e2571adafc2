package dev.lunaria.service.metrics;

import dev.lunaria.service.metrics.Metrics.Description;
import dev.lunaria.service.metrics.OperationMeter.Operation;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The four families of metrics that come of {@link OperationMeter}s. Immutable: any thread. A kind
 * of operation that never was has no series.
 */
final class OperationFamilies {
    private static final String OPERATION = "operation";

    private final Description seconds;
    private final Description bytes;
    private final Description inFlight;
    private final Description errors;

    OperationFamilies(String prefix, List<String> labels, String errorLabel) {
        List<String> byOperation = plus(labels, OPERATION);
        seconds =
                new Description(
                        prefix + "_operation_seconds",
                        "histogram",
                        byOperation,
                        "How long operations took, from their last byte in to their answer: read, write,"
                                + " flush, discard, other. Its count is the number of operations");
        bytes =
                new Description(
                        prefix + "_transferred_bytes_total",
                        "counter",
                        byOperation,
                        "Bytes that operations read or wrote");
        inFlight =
                new Description(
                        prefix + "_operations_in_flight",
                        "gauge",
                        List.copyOf(labels),
                        "Operations under way");
        errors =
                new Description(
                        prefix + "_errors_total",
                        "counter",
                        plus(labels, errorLabel),
                        "Operations that failed, by %s".formatted(errorLabel));
    }

    private static List<String> plus(List<String> labels, String more) {
        return Stream.concat(labels.stream(), Stream.of(more)).toList();
    }

    List<Description> descriptions() {
        return List.of(seconds, bytes, inFlight, errors);
    }

    List<MetricSnapshot> collect(Map<List<String>, OperationMeter> meters) {
        List<HistogramDataPointSnapshot> times = new ArrayList<>();
        List<CounterDataPointSnapshot> moved = new ArrayList<>();
        List<GaugeDataPointSnapshot> running = new ArrayList<>();
        List<CounterDataPointSnapshot> failed = new ArrayList<>();
        meters.forEach((labels, meter) -> {
            for (Operation operation : Operation.values()) {
                List<String> values = plus(labels, operation.name().toLowerCase(Locale.ROOT));
                if (meter.count(operation) > 0) {
                    times.add(time(meter, operation, values));
                }
                if (meter.bytes(operation) > 0) {
                    moved.add(count(bytes, values, meter.bytes(operation)));
                }
            }
            running.add(
                    GaugeDataPointSnapshot.builder()
                            .labels(labels(inFlight, labels))
                            .value((double) meter.inFlight())
                            .build());
            meter.failures()
                    .forEach((why, failures) ->
                            failed.add(count(errors, plus(labels, why), failures.sum())));
        });
        return List.of(
                histogram(times), counter(bytes, moved), gauge(running), counter(errors, failed));
    }

    private HistogramDataPointSnapshot time(
            OperationMeter meter, Operation operation, List<String> values) {
        long[] buckets = meter.buckets(operation);
        Number[] counts = new Number[buckets.length];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = buckets[i];
        }
        Double[] bounds = new Double[buckets.length];
        double[] upper = OperationMeter.upperBounds();
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = upper[i];
        }
        return HistogramDataPointSnapshot.builder()
                .labels(labels(seconds, values))
                .classicHistogramBuckets(
                        ClassicHistogramBuckets.of(List.of(bounds), List.of(counts)))
                .sum(meter.seconds(operation))
                .build();
    }

    private static CounterDataPointSnapshot count(
            Description family, List<String> values, long count) {
        return CounterDataPointSnapshot.builder()
                .labels(labels(family, values))
                .value((double) count)
                .build();
    }

    private static Labels labels(Description family, List<String> values) {
        return Labels.of(family.labels(), values);
    }

    private MetricSnapshot histogram(List<HistogramDataPointSnapshot> points) {
        HistogramSnapshot.Builder family =
                HistogramSnapshot.builder().name(seconds.name()).help(seconds.help());
        points.forEach(family::dataPoint);
        return family.build();
    }

    private MetricSnapshot gauge(List<GaugeDataPointSnapshot> points) {
        GaugeSnapshot.Builder family =
                GaugeSnapshot.builder().name(inFlight.name()).help(inFlight.help());
        points.forEach(family::dataPoint);
        return family.build();
    }

    private static MetricSnapshot counter(
            Description description, List<CounterDataPointSnapshot> points) {
        CounterSnapshot.Builder family =
                CounterSnapshot.builder()
                        .name(description.name().replaceFirst("_total$", ""))
                        .help(description.help());
        points.forEach(family::dataPoint);
        return family.build();
    }
}
