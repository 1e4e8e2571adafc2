package dev.lunaria.iscsi.initiator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Portals as people write them. */
class PortalTest {
    @Test
    void portIsOptionalAndIpv6StandsInBrackets() {
        assertThat(Portal.parse("10.0.0.1")).isEqualTo(new Portal("10.0.0.1", 3260));
        assertThat(Portal.parse("host:99")).isEqualTo(new Portal("host", 99));
        assertThat(Portal.parse("[fe80::1]")).isEqualTo(new Portal("fe80::1", 3260));
        assertThat(Portal.parse("[fe80::1]:1")).hasToString("[fe80::1]:1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":3260", "h:", "h:0", "h:65536", "h:x", "[::1", "[::1]3260"})
    void whatIsNoPortalIsRefused(String text) {
        assertThatThrownBy(() -> Portal.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
