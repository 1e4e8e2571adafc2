package dev.lunaria.controller.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class VolumeIdTest {

    @Test
    void anIdIsReadAsItWasWritten() {
        var id = new VolumeId(UUID.randomUUID(), UUID.randomUUID());

        assertThat(VolumeId.parse(id.toString())).contains(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "vol-1",
                "6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a11",
                "6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a11/",
                "6F1C0C56-7B0E-4A6E-9C64-0D6F5B2D1A11/6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a11",
                "6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a11:6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a11",
                "6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a11/6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a1/",
                "6f1c0c56-7b0e-4a6e-9c64-0d6f5b2d1a11/../../../../../../../../../../etc/pas",
            })
    void whatNobodyWroteIsNoId(String text) {
        assertThat(VolumeId.parse(text)).isEmpty();
    }
}
