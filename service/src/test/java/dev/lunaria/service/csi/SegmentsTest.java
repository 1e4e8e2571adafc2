package dev.lunaria.service.csi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rule: segments never change their value, as kubelet refuses a plugin whose value did. */
final class SegmentsTest {

    @Test
    void whatANodeCannotDoItDoesNotReport() {
        assertThat(Segments.ofNode("userspace", false))
                .isEqualTo(
                        Map.of(
                                "lunaria.dev/node",
                                "true",
                                "lunaria.dev/backend-userspace",
                                "true"));
        assertThat(Segments.ofNode("userspace", true))
                .containsEntry("lunaria.dev/ocfs2", "true")
                .hasSize(3);
    }

    @Test
    void everyNodeWithAPluginHasWhatVolumesAskFor() {
        assertThat(Segments.ofNode("userspace", false))
                .containsAllEntriesOf(Segments.requiredFor("ext4"))
                .containsAllEntriesOf(Segments.requiredFor(""));
        assertThat(Segments.ofNode("userspace", true))
                .containsAllEntriesOf(Segments.requiredFor("ocfs2"));
        assertThat(Segments.ofNode("userspace", false))
                .doesNotContainKey(Segments.OCFS2)
                .isNotEqualTo(Segments.requiredFor("ocfs2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zone", "topology.kubernetes.io/zone", "example.org/Rack_1.b"})
    void labelsOfKubernetesMayBeGiven(String key) {
        assertThat(Segments.KEY.holds(key)).isTrue();
        assertThat(Segments.GIVEN.holds(key + "=a-1")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "/zone", "lunaria.dev/node", "a/b/c", "-zone"})
    void whatIsNoLabelOrIsOursMayNotBe(String key) {
        assertThat(Segments.KEY.holds(key)).isFalse();
        assertThat(Segments.GIVEN.holds(key + "=a-1")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"zone", "zone=", "zone=a b", "=a"})
    void whatIsGivenHasAValue(String given) {
        assertThat(Segments.GIVEN.holds(given)).isFalse();
    }
}
