package dev.lunaria.e2e.admin;

import dev.lunaria.controller.target.TargetCopiesContract;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The real target server does what the controller's fake promises. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TargetServerIT extends TargetCopiesContract {

    static final String MAIN = "dev.lunaria.target.Main";
    static final String CLUSTER = "test";

    private static final Pattern POOL = Pattern.compile("pool: ([0-9a-f-]{36})");

    private UUID pool = new UUID(0, 0);
    private RunningPrograms programs;
    private GrpcChannel channel;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        programs = new RunningPrograms(folder);
        Path data = folder.resolve("pool");
        pool =
                poolOf(
                        programs.run(
                                "init", MAIN, "init", "--pool=" + data, "--cluster-id=" + CLUSTER));
        Path socket = folder.resolve("admin.sock");
        programs.start(
                "target",
                MAIN,
                "run",
                "--pool=" + data,
                "--portal=127.0.0.1:0",
                "--admin=unix://" + socket,
                "--reserve-mib=1",
                "--state-folder=" + folder.resolve("state"));
        channel = GrpcChannel.open(new Endpoint.Unix(socket));
    }

    @AfterAll
    void stop() {
        channel.close();
        programs.close();
    }

    static UUID poolOf(String document) {
        Matcher matcher = POOL.matcher(document);
        if (!matcher.find()) {
            throw new AssertionError("no pool in: " + document);
        }
        return UUID.fromString(matcher.group(1));
    }

    @Override
    protected ManagedChannel channel() {
        return channel.channel();
    }

    @Override
    protected UUID pool() {
        return pool;
    }

    @Override
    protected String clusterId() {
        return CLUSTER;
    }
}
