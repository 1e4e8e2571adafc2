package dev.lunaria.node.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lunaria.node.failure.NodeFailure;
import java.io.IOException;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A disk never goes before its heartbeat (traps-storage 17). */
final class HeartbeatsTest {
    private static final UUID FILESYSTEM = UUID.fromString("0c1d2e3f-aaaa-bbbb-cccc-0123456789ab");
    private static final String REGION = "0C1D2E3FAAAABBBBCCCC0123456789AB";

    private final FakeConfigTree tree = new FakeConfigTree();
    private final Heartbeats heartbeats = new Heartbeats(tree);

    @Test
    void theRegionOfAnUnmountedFilesystemGoes() throws IOException {
        tree.make("c");
        tree.make("c/heartbeat/" + REGION);
        assertThat(heartbeats.isRunning(FILESYSTEM)).isTrue();

        heartbeats.stop(FILESYSTEM);
        assertThat(heartbeats.isRunning(FILESYSTEM)).isFalse();
        heartbeats.stop(FILESYSTEM);
    }

    @Test
    void thatOfAMountedOneStaysAndSaysSo() throws IOException {
        tree.make("c");
        tree.make("c/heartbeat/" + REGION);
        tree.mount(REGION);

        assertThatExceptionOfType(NodeFailure.class)
                .isThrownBy(() -> heartbeats.stop(FILESYSTEM))
                .withMessageContaining("still mounted")
                .satisfies(e -> assertThat(e.kind()).isEqualTo(NodeFailure.Kind.PRECONDITION));
        assertThat(heartbeats.isRunning(FILESYSTEM)).isTrue();
    }
}
