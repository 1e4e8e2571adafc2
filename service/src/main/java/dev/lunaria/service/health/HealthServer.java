package dev.lunaria.service.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Endpoint;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * Health and metrics over HTTP: {@code /healthz}, {@code /readyz}, {@code /metrics} (Prometheus).
 *
 * <p>Started and closed by the main thread, serves on virtual threads. Off unless an address is
 * set, and only then are Micrometer's classes loaded.
 */
public final class HealthServer implements AutoCloseable {
    private static final int BACKLOG = 16;
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService executor;
    private final PrometheusMeterRegistry registry;
    private final BooleanSupplier ready;

    private HealthServer(HttpServer server, ExecutorService executor, BooleanSupplier ready) {
        this.server = server;
        this.executor = executor;
        this.ready = ready;
        this.registry =
                new PrometheusMeterRegistry(
                        PrometheusConfig.DEFAULT, new PrometheusRegistry(), Clock.SYSTEM);
    }

    /**
     * Starts it.
     *
     * @param address where to listen; port 0 for any
     * @param ready whether the program can serve
     * @throws StartupException where the port is in use
     */
    public static HealthServer start(Endpoint.Tcp address, BooleanSupplier ready) {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(address.host(), address.port()), BACKLOG);
            ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
            var health = new HealthServer(server, executor, ready);
            server.setExecutor(executor);
            server.createContext("/healthz", health::healthz);
            server.createContext("/readyz", health::readyz);
            server.createContext("/metrics", health::metrics);
            server.start();
            return health;
        } catch (IOException e) {
            throw new StartupException(
                    "cannot listen on " + address + " for health and metrics: " + e.getMessage(),
                    e);
        }
    }

    /** Where meters are registered. */
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
        boolean isReady = ready.getAsBoolean();
        answer(exchange, isReady ? 200 : 503, TEXT, isReady ? "ok\n" : "not ready\n");
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
