package dev.lunaria.service.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program's own metrics, declared once with name, labels and meaning, so that the documents can
 * say what there is.
 *
 * <p>Declared by the main thread at the start, read by any thread that is asked for them. What is
 * counted per volume is asked for at each scrape, so that a volume that is gone has no series any
 * more. Names follow Prometheus: {@code lunaria_<program>_<what>_<unit>}.
 */
public final class Metrics {
    private static final Logger log = LoggerFactory.getLogger(Metrics.class);

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final List<Description> descriptions = new ArrayList<>();

    /** A metric as documents show it; its name as it is scraped, for a histogram without suffix. */
    public record Description(String name, String type, List<String> labels, String help) {}

    /** Takes a value and its labels' values. */
    public interface Values {
        void put(double value, String... labels);

        /** A count: exact up to 2⁵³. */
        default void put(long value, String... labels) {
            put((double) value, labels);
        }
    }

    /** A value that is read when it is asked for. */
    public void gauge(String name, String help, List<String> labels, Consumer<Values> values) {
        describe(name, "gauge", labels, help);
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labels.toArray(String[]::new))
                .callback(callback -> read(name, values, callback::call))
                .register(registry);
    }

    /** A count that something else keeps, read when it is asked for. */
    public void counter(String name, String help, List<String> labels, Consumer<Values> values) {
        describe(name, "counter", labels, help);
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .labelNames(labels.toArray(String[]::new))
                .callback(callback -> read(name, values, callback::call))
                .register(registry);
    }

    /** A count that is kept here. */
    public Counter counter(String name, String help, List<String> labels) {
        describe(name, "counter", labels, help);
        return Counter.builder()
                .withoutExemplars()
                .name(name)
                .help(help)
                .labelNames(labels.toArray(String[]::new))
                .register(registry);
    }

    /** Times of something that is rare enough to be measured by the library. */
    public Histogram seconds(String name, String help, List<String> labels, double... bounds) {
        describe(name, "histogram", labels, help);
        return Histogram.builder()
                .name(name)
                .help(help)
                .labelNames(labels.toArray(String[]::new))
                .classicOnly()
                .withoutExemplars() // They belong to traces, of which there are none.
                .classicUpperBounds(bounds)
                .register(registry);
    }

    /**
     * The operations of everything that has a meter now: {@code PREFIX_operation_seconds}, {@code
     * PREFIX_transferred_bytes_total}, {@code PREFIX_operations_in_flight} and {@code
     * PREFIX_errors_total}.
     *
     * @param labels names of the labels' values under which a meter is given
     * @param errorLabel name of the label that says why something failed
     */
    public void operations(
            String prefix,
            List<String> labels,
            String errorLabel,
            Supplier<Map<List<String>, OperationMeter>> meters) {
        var families = new OperationFamilies(prefix, labels, errorLabel);
        descriptions.addAll(families.descriptions());
        registry.register(() -> new MetricSnapshots(families.collect(meters.get())));
    }

    /** One failing reader must not hide all the others. */
    private static void read(String name, Consumer<Values> values, Values callback) {
        try {
            values.accept(callback);
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("metric", name)
                    .setCause(e)
                    .log("a metric can't be read; it is left out of this scrape");
        }
    }

    private void describe(String name, String type, List<String> labels, String help) {
        descriptions.add(new Description(name, type, List.copyOf(labels), help));
    }

    /** Where they are registered. */
    public PrometheusRegistry registry() {
        return registry;
    }

    /** What has been declared, by name. */
    public List<Description> descriptions() {
        return descriptions.stream().sorted(Comparator.comparing(Description::name)).toList();
    }

    /** The same as a Markdown table. */
    public String table() {
        return "| metric | type | labels | what it is |\n|---|---|---|---|\n"
                + descriptions().stream()
                        .map(d ->
                                "| `%s` | %s | %s | %s |\n"
                                        .formatted(
                                                d.name(),
                                                d.type(),
                                                d.labels().stream()
                                                        .map(label -> "`" + label + "`")
                                                        .collect(Collectors.joining(", ")),
                                                d.help()))
                        .collect(Collectors.joining());
    }
}
