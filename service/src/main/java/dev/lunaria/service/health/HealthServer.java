package dev.lunaria.service.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.cli.Version;
import dev.lunaria.service.metrics.Metrics;
import dev.lunaria.service.net.Endpoint;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Health and metrics over HTTP: {@code /healthz}, {@code /readyz}, {@code /metrics} (Prometheus).
 *
 * <p>Started first and closed last by the main thread, serves on virtual threads. Off unless an
 * address is set, and only then are Micrometer's classes loaded. {@code /healthz} says no more than
 * that the process answers: what would get better by a restart ends the process by itself, and what
 * wouldn't must not cause one.
 */
public final class HealthServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HealthServer.class);
    private static final int BACKLOG = 16;
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService executor;
    private final PrometheusMeterRegistry registry;
    private final Readiness readiness;

    private HealthServer(
            HttpServer server, ExecutorService executor, Readiness readiness, Metrics metrics) {
        this.server = server;
        this.executor = executor;
        this.readiness = readiness;
        this.registry =
                new PrometheusMeterRegistry(
                        PrometheusConfig.DEFAULT, metrics.registry(), Clock.SYSTEM);
        new JvmMemoryMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        Gauge.builder("lunaria.build.info", () -> 1)
                .description("Always 1; the label says which version runs")
                .tag("version", Version.current())
                .register(registry);
    }

    /**
     * Starts it.
     *
     * @param address where to listen; port 0 for any
     * @param readiness whether the program can serve
     * @param metrics the program's own metrics, beside those of the JVM
     * @throws StartupException where the port is in use
     */
    public static HealthServer start(Endpoint.Tcp address, Readiness readiness, Metrics metrics) {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(address.host(), address.port()), BACKLOG);
            ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
            var health = new HealthServer(server, executor, readiness, metrics);
            server.setExecutor(executor);
            server.createContext("/healthz", health::healthz);
            server.createContext("/readyz", health::readyz);
            server.createContext("/metrics", health::metrics);
            server.start();
            log.atInfo()
                    .addKeyValue("host", address.host())
                    .addKeyValue("port", health.port())
                    .log("health and metrics listen");
            return health;
        } catch (IOException e) {
            throw new StartupException(
                    "cannot listen on " + address + " for health and metrics: " + e.getMessage(),
                    e);
        }
    }

    /** Where libraries register their meters. */
    public MeterRegistry meters() {
        return registry;
    }

    /** The port it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
        registry.close();
    }

    private void healthz(HttpExchange exchange) throws IOException {
        answer(exchange, 200, TEXT, "ok\n");
    }

    private void readyz(HttpExchange exchange) throws IOException {
        Map<String, String> problems = readiness.problems();
        if (problems.isEmpty()) {
            answer(exchange, 200, TEXT, "ok\n");
            return;
        }
        var text = new StringBuilder("not ready\n");
        problems.forEach((what, why) -> text.append(what).append(": ").append(why).append('\n'));
        answer(exchange, 503, TEXT, text.toString());
    }

    private void metrics(HttpExchange exchange) throws IOException {
        answer(exchange, 200, PROMETHEUS, registry.scrape());
    }

    private static void answer(HttpExchange exchange, int status, String type, String text)
            throws IOException {
        try (exchange) {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
