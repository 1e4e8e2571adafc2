package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Object names are DNS subdomains, and no two documents share one (csi.proto: names of any form).
 */
final class ObjectNamesTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "pvc-0a1b.c", "0", "snap.1.x"})
    void aSubdomainStandsForItself(String name) {
        assertThat(ObjectNames.of(name)).isEqualTo(name);
        assertThat(ObjectNames.standsForItself(name)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "A", "a/b", "..", "-a", "a-", "a..b", "a.", "a_b", "ümläut", "line\n", "月"
            })
    void anyOtherNameIsHashed(String name) {
        assertThat(ObjectNames.of(name)).matches("hashed-[0-9a-f]{64}");
        assertThat(ObjectNames.standsForItself(name)).isFalse();
    }

    @Test
    void lettersDifferInTheirCase() {
        assertThat(ObjectNames.of("Data")).isNotEqualTo(ObjectNames.of("DATA"));
    }

    @Test
    void whatLooksHashedIsHashed() {
        String hashed = ObjectNames.of("A");

        assertThat(ObjectNames.of(hashed)).isNotEqualTo(hashed).startsWith(ObjectNames.HASHED);
    }

    @Test
    void theLongestNameStillStandsForItself() {
        String longest = "x".repeat(ObjectNames.MAX_LENGTH);

        assertThat(ObjectNames.of(longest)).isEqualTo(longest);
        assertThat(ObjectNames.of(longest + "x")).startsWith(ObjectNames.HASHED);
    }
}
