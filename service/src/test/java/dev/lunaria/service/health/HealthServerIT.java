package dev.lunaria.service.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Endpoint;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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

    @Test
    void readinessFollowsTheProgram() throws Exception {
        var ready = new AtomicBoolean();
        try (HealthServer server = HealthServer.start(ANY_PORT, ready::get)) {
            assertThat(get(server, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(503);
            ready.set(true);
            assertThat(get(server, "/readyz").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void metersAreShownToPrometheus() throws Exception {
        try (HealthServer server = HealthServer.start(ANY_PORT, () -> true)) {
            server.meters().counter("lunaria.stages").increment();
            assertThat(get(server, "/metrics").body()).contains("lunaria_stages_total 1.0");
        }
    }

    @Test
    void aPortInUseIsOneLine() throws IOException {
        try (var taken = new ServerSocket(0)) {
            var address = new Endpoint.Tcp("0.0.0.0", taken.getLocalPort());
            assertThatThrownBy(() -> HealthServer.start(address, () -> true))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining(address.toString());
        }
    }
}
