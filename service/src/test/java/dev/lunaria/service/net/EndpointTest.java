package dev.lunaria.service.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EndpointTest {
    @ParameterizedTest
    @CsvSource({
        "unix:///run/csi.sock, unix:///run/csi.sock",
        "unix:/run/csi.sock, unix:///run/csi.sock",
        "localhost:443, localhost:443",
        "[::1]:443, [::1]:443",
        "10.0.0.1:0, 10.0.0.1:0",
    })
    void whatIsWrittenIsReadAndPrinted(String text, String printed) {
        assertThat(Endpoint.parse(text)).hasToString(printed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "run/csi.sock",
                "/run/csi.sock",
                "unix://run/csi.sock",
                "host",
                "host:",
                ":1",
                "host:65536",
                "host:-1",
                "::1:443",
                "http://host:80",
            })
    void whatIsNoEndpointIsRefused(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    /** unix(7): sun_path has 108 bytes with its NUL. */
    @Test
    void aSocketPathOf107BytesFitsAndOneOf108DoesNot() {
        String path = "/" + "x".repeat(Endpoint.MAX_UNIX_PATH_BYTES - 1);
        assertThat(new Endpoint.Unix(Path.of(path)).path()).hasToString(path);
        assertThatThrownBy(() -> new Endpoint.Unix(Path.of(path + "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("108 bytes");
    }
}
