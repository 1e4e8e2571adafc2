package dev.lunaria.controller.target;

import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The fake is checked by the same contract as the real server. */
final class FakeTargetIT extends TargetCopiesContract {

    private static final String CLUSTER = "test";

    @TempDir Path folder;

    private FakeTarget target;
    private GrpcChannel channel;

    @BeforeEach
    void start() {
        target = new FakeTarget(folder.resolve("t"), CLUSTER);
        channel = GrpcChannel.open(new Endpoint.Unix(folder.resolve("t")));
    }

    @AfterEach
    void stop() {
        channel.close();
        target.close();
    }

    @Override
    protected ManagedChannel channel() {
        return channel.channel();
    }

    @Override
    protected UUID pool() {
        return target.pool();
    }

    @Override
    protected String clusterId() {
        return CLUSTER;
    }
}
