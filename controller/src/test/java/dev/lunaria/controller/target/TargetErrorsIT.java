package dev.lunaria.controller.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.TargetPool;
import dev.lunaria.registry.StorageTarget;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a target server says of itself isn't taken for its silence. */
final class TargetErrorsIT {

    private static final String CLUSTER = "test";
    private static final String FULL =
            "the pool's filesystem is full to the last byte (write: ENOSPC); free space on it, then repeat the call";

    @TempDir Path folder;

    private FakeTarget target;
    private TargetConnections connections;

    @BeforeEach
    void start() {
        target = new FakeTarget(folder.resolve("target.sock"), CLUSTER);
        connections = new TargetConnections(CLUSTER, Optional.empty());
    }

    @AfterEach
    void stop() {
        connections.close();
        target.close();
    }

    private TargetPool pool() {
        return connections.open(
                new StorageTarget(
                        target.pool(),
                        target.endpoint().toString(),
                        "",
                        List.of("127.0.0.1:3260"),
                        Map.of(),
                        100,
                        false,
                        false));
    }

    private Failure fence() {
        return catchThrowableOfType(
                Failure.class, () -> pool().revoke(UUID.randomUUID(), Optional.of("mybox0")));
    }

    @Test
    void aFilesystemThatIsFullIsNoServerThatDoesntAnswer() {
        target.faults().failBefore("RevokeGrant", Status.UNAVAILABLE.withDescription(FULL));

        Failure failure = fence();
        assertThat(failure.reason()).isEqualTo(Failure.Reason.UNAVAILABLE);
        assertThat(failure).hasMessageContaining(FULL).hasMessageNotContaining("doesn't answer");
    }

    @Test
    void aFenceThatIsntFinishedIsNoSilence() {
        target.faults()
                .failBefore(
                        "RevokeGrant",
                        Status.DEADLINE_EXCEEDED.withDescription("3 commands are in the store"));

        assertThat(fence())
                .hasMessageContaining("3 commands are in the store")
                .hasMessageNotContaining("in time");
    }

    @Test
    void aServerThatDoesntRunDoesntAnswer() {
        target.stop();

        assertThat(fence()).hasMessageContaining("doesn't answer").hasMessageContaining("runs");
    }
}
