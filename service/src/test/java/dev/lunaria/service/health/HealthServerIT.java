package dev.lunaria.service.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.metrics.Metrics;
import dev.lunaria.service.net.Endpoint;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class HealthServerIT {
    private static final Endpoint.Tcp ANY_PORT = new Endpoint.Tcp("127.0.0.1", 0);

    private static HttpResponse<String> get(HealthServer server, String path)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
            return client.send(
                    HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private final Readiness readiness = new Readiness();
    private final Metrics metrics = new Metrics();

    private HealthServer start() {
        return HealthServer.start(ANY_PORT, readiness, metrics);
    }

    @Test
    void readinessFollowsTheProgramAndSaysWhatIsMissing() throws Exception {
        var reachable = new AtomicBoolean();
        readiness.require("disk process", () -> reachable.get() ? null : "nobody listens");
        readiness.require("pools", () -> null);
        try (HealthServer server = start()) {
            assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
            assertThat(get(server, "/readyz").body()).contains("start: not finished yet");

            readiness.started();
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
            assertThat(get(server, "/readyz").body())
                    .isEqualTo("not ready\ndisk process: nobody listens\n");

            reachable.set(true);
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
            assertThat(readiness.isReady()).isTrue();
        }
    }

    @Test
    void aCheckThatFailsIsAProblemNotAnError() throws Exception {
        readiness.require(
                "registry",
                () -> {
                    throw new IllegalStateException("the folder is gone");
                });
        readiness.started();
        try (HealthServer server = start()) {
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
            assertThat(get(server, "/readyz").body()).contains("registry: the folder is gone");
        }
    }

    @Test
    void metricsOfTheProgramAndOfLibrariesAreShownToPrometheus() throws Exception {
        metrics.gauge("lunaria_disks", "Disks.", List.of("state"), v -> v.put(3, "online"));
        try (HealthServer server = start()) {
            server.meters().counter("lunaria.stages").increment();
            assertThat(get(server, "/metrics").body())
                    .contains("lunaria_stages_total 1.0")
                    .contains("lunaria_disks{state=\"online\"} 3.0")
                    .contains("lunaria_build_info{version=")
                    .contains("jvm_memory_used_bytes");
        }
    }

    @Test
    void aPortInUseIsOneLine() throws IOException {
        try (var taken = new ServerSocket(0)) {
            var address = new Endpoint.Tcp("0.0.0.0", taken.getLocalPort());
            assertThatThrownBy(() -> HealthServer.start(address, readiness, metrics))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining(address.toString());
        }
    }
}
