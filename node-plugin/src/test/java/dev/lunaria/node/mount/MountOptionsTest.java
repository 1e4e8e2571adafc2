package dev.lunaria.node.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.linux.Mounts;
import dev.lunaria.node.failure.NodeFailure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MountOptionsTest {
    @Test
    void flagsAndOptionsAreToldApart() {
        MountOptions options = MountOptions.parse(List.of("noatime,discard", "ro"));
        assertThat(options.flags()).isEqualTo(Mounts.MS_NOATIME | Mounts.MS_RDONLY);
        assertThat(options.data()).isEqualTo("discard");
        assertThat(options.readOnly()).isTrue();
        assertThat(options.with("errors=remount-ro", false).data())
                .isEqualTo("errors=remount-ro,discard");
    }

    @Test
    void noOptionsAreNone() {
        MountOptions options = MountOptions.parse(List.of());
        assertThat(options).isEqualTo(new MountOptions(0, ""));
        assertThat(options.with("errors=remount-ro", true))
                .isEqualTo(new MountOptions(Mounts.MS_RDONLY, "errors=remount-ro"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nobarrier",
                "barrier=0",
                "data=writeback",
                "errors=continue",
                "noload",
                "a=b",
                "noatime,",
                "bind"
            })
    void whatWeakensDurabilityOrIsUnknownIsRefused(String option) {
        assertThatThrownBy(() -> MountOptions.parse(List.of(option)))
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(NodeFailure.Kind.INVALID));
    }
}
