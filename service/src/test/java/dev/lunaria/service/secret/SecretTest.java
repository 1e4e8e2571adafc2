package dev.lunaria.service.secret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SecretTest {
    /** democratic-csi#515: CHAP secrets in the log. */
    @Test
    void aSecretIsNeverPrinted() {
        Secret secret = Secret.of("open sesame");
        assertThat(secret.toString()).doesNotContain("open", "sesame");
        assertThat("%s".formatted(new ChapSecretDerivation.Secrets(secret, secret)))
                .doesNotContain("open", "sesame");
    }

    @Test
    void equalBytesAreEqualSecrets() {
        assertThat(Secret.of("a")).isEqualTo(Secret.of("a")).isNotEqualTo(Secret.of("b"));
        assertThat(Secret.of("a")).hasSameHashCodeAs(Secret.of("a"));
    }

    @Test
    void whoHoldsTheBytesCannotChangeTheSecret() {
        byte[] bytes = {1, 2, 3};
        Secret secret = Secret.of(bytes);
        bytes[0] = 9;
        secret.reveal()[1] = 9;
        assertThat(secret.reveal()).containsExactly(1, 2, 3);
    }
}
