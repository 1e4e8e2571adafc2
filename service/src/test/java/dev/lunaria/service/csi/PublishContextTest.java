package dev.lunaria.service.csi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PublishContextTest {
    private static final PublishContext CONTEXT =
            new PublishContext(
                    List.of("10.0.0.1:3260", "[fd00::1]:3260"),
                    "iqn.2026-11.dev.lunaria:pool:lun",
                    UUID.fromString("7f0130a4-52ee-4b7e-8a35-0d1c7b6f9a11"),
                    3,
                    "k1");

    @Test
    void whatTheControllerWritesTheNodeReads() {
        assertThat(PublishContext.fromMap(CONTEXT.toMap())).isEqualTo(CONTEXT);
    }

    /** The publish context should hold nothing sensitive (CSI specification). */
    @Test
    void itHoldsTheseFiveAndNothingElse() {
        assertThat(CONTEXT.toMap())
                .containsOnlyKeys("portals", "targetName", "identity", "epoch", "keyId");
    }

    @ParameterizedTest
    @CsvSource({
        "portals,",
        "targetName,",
        "identity,",
        "epoch,",
        "keyId,",
        "portals, 10.0.0.1",
        "portals, 10.0.0.1:99999",
        "portals, 'a:1,,b:2'",
        "portals, 'a b:1'",
        "targetName, nothing",
        "targetName, 'iqn.2026-11.dev.lunaria:POOL'",
        "identity, 7f01",
        "identity, 7F0130A4-52EE-4B7E-8A35-0D1C7B6F9A11",
        "epoch, 0",
        "epoch, -1",
        "epoch, many",
        "epoch, 99999999999999999999",
        "keyId, '../k1'",
        "surprise, 1",
    })
    void whatIsMissingUnknownOrIllFormedIsNamed(String key, String value) {
        Map<String, String> map = new HashMap<>(CONTEXT.toMap());
        map.put(key, value);
        assertThatThrownBy(() -> PublishContext.fromMap(map))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }

    @Test
    void anEmptyMapIsNamed() {
        assertThatThrownBy(() -> PublishContext.fromMap(Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ControllerPublishVolume");
    }
}
