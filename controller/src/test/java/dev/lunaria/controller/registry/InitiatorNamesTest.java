package dev.lunaria.controller.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * RFC 7143 §4.2.7: names of at most 223 bytes, in lower case. truenas-csp#66: cloned hosts shared
 * one name.
 */
final class InitiatorNamesTest {

    @Test
    void aNameCarriesClusterAndNode() {
        assertThat(InitiatorNames.of("c1", "mybox0"))
                .isEqualTo("iqn.2026-11.dev.lunaria:node:c1:mybox0");
        assertThat(InitiatorNames.of("C1", "MyBox0"))
                .isEqualTo("iqn.2026-11.dev.lunaria:node:c1:mybox0");
        assertThat(InitiatorNames.of("c2", "mybox0"))
                .isNotEqualTo(InitiatorNames.of("c1", "mybox0"));
    }

    @Test
    void aLongNameIsHashedAndStaysItsOwn() {
        String fits =
                "n".repeat(InitiatorNames.MAX_BYTES - "iqn.2026-11.dev.lunaria:node:c1:".length());
        assertThat(InitiatorNames.of("c1", fits)).hasSize(InitiatorNames.MAX_BYTES).endsWith(fits);

        String hashed = InitiatorNames.of("c1", fits + "n");
        assertThat(hashed)
                .hasSizeLessThanOrEqualTo(InitiatorNames.MAX_BYTES)
                .matches("iqn\\.[a-z0-9.:-]+");
        assertThat(hashed).isNotEqualTo(InitiatorNames.of("c1", fits + "m"));
    }
}
