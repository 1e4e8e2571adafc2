package dev.lunaria.node.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.GrpcServer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client of the disk process keeps the contract over its socket. */
final class UserspaceDisksIT extends AttachBackendContract {
    @TempDir private static Path folder;
    private final LoopDisks disks = new LoopDisks();
    private final Endpoint.Unix socket =
            new Endpoint.Unix(folder.resolve(UUID.randomUUID().toString().substring(0, 8)));
    private final GrpcServer server =
            GrpcServer.on(socket).service(new FakeDiskProcess(disks)).start();
    private final GrpcChannel channel = GrpcChannel.open(socket);
    private final UserspaceDisks backend = new UserspaceDisks(channel);
    private FakeLun lun = new FakeLun(Path.of("/nowhere"));

    @BeforeEach
    void makeVolume() throws IOException {
        Path file = folder.resolve(UUID.randomUUID().toString());
        try (var data = new RandomAccessFile(file.toFile(), "rw")) {
            data.setLength(16 << 20);
        }
        lun = new FakeLun(file);
        disks.add(VOLUME, lun);
    }

    @AfterEach
    void stop() {
        disks.die();
        channel.close();
        server.close();
    }

    @Override
    @AfterEach
    void leaveNothing() {
        disks.die();
    }

    @Override
    AttachBackend backend() {
        return backend;
    }

    @Override
    UUID identity() {
        return lun.identity;
    }

    @Override
    long grantedEpoch() {
        return lun.grantedEpoch();
    }

    @Override
    void grow(long bytes) throws IOException {
        lun.grow(bytes);
    }

    @Override
    void fenceAndGrantAgain() {
        lun.fenceAndGrantAgain();
    }

    @Test
    void aDiskProcessThatIsAwayIsUnavailable() {
        server.close();
        assertThatThrownBy(backend::list)
                .isInstanceOfSatisfying(
                        NodeFailure.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(NodeFailure.Kind.UNAVAILABLE);
                            assertThat(e).hasMessageContaining("of this node doesn't answer");
                        });
    }
}
