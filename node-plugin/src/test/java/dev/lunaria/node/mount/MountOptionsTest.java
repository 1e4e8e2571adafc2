package dev.lunaria.node.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.linux.Mounts;
import dev.lunaria.node.failure.NodeFailure;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MountOptionsTest {
    @Test
    void flagsAndOptionsAreToldApart() {
        MountOptions options = parse("noatime,discard", "ro");
        assertThat(options.flags()).isEqualTo(Mounts.MS_NOATIME | Mounts.MS_RDONLY);
        assertThat(options.data()).isEqualTo("discard");
        assertThat(options.readOnly()).isTrue();
        assertThat(options.with("errors=remount-ro", false).data())
                .isEqualTo("errors=remount-ro,discard");
    }

    private static MountOptions parse(String... flags) {
        return MountOptions.parse(List.of(flags), Set.of("discard", "data=ordered"));
    }

    /** lazytime is a flag of mount(2): older kernels don't know it among a filesystem's options. */
    @Test
    void lazytimeIsAFlag() {
        assertThat(parse("lazytime")).isEqualTo(new MountOptions(Mounts.MS_LAZYTIME, ""));
    }

    /** As kubelet passes it for a pod with a level of its own. */
    @Test
    void anSelinuxContextIsPassedOnWithItsCommas() {
        String context = "context=\"system_u:object_r:container_file_t:s0:c10,c0\"";
        MountOptions options = parse("noatime," + context + ",discard");
        assertThat(options.flags()).isEqualTo(Mounts.MS_NOATIME);
        assertThat(options.data()).isEqualTo(context + ",discard");
        assertThat(parse("context=system_u:object_r:container_file_t:s0").data())
                .isEqualTo("context=system_u:object_r:container_file_t:s0");
    }

    @Test
    void noOptionsAreNone() {
        MountOptions options = parse();
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
                "discard=async",
                "context=",
                "context=\"a",
                "context=a,b",
                "context=\"a b\"",
                "rootcontext=a",
                "bind"
            })
    void whatWeakensDurabilityOrIsUnknownIsRefused(String option) {
        assertThatThrownBy(() -> parse(option))
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> assertThat(e.kind()).isEqualTo(NodeFailure.Kind.INVALID));
    }
}
