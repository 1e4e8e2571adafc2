package dev.lunaria.e2e.survival;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.InstallationUnderTest;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.Orchestrator;
import dev.lunaria.e2e.installation.ServerProcess;
import dev.lunaria.proto.csi.v1.Volume;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.LunsGrpc;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The node plugin or the controller is killed in the middle of each call, at a moment from a seed;
 * the same call, repeated, succeeds (trident#418: every step repeatable from any state).
 */
class KilledCallsIT {
    private static final long SEED = Long.getLong("lunaria.seed", System.nanoTime());
    private static final int ATTEMPTS = 30;

    private static InstallationUnderTest underTest;
    private static Installation installation;
    private static Orchestrator orchestrator;
    private static NodeHost host;
    private final SplittableRandom random = new SplittableRandom(SEED);

    /** Never counted down: an orchestrator's back-off between two tries. */
    private final CountDownLatch pause = new CountDownLatch(1);

    /** A CSI call. */
    private interface Call<T> {
        T run() throws IOException;
    }

    @BeforeAll
    static void install() throws Exception {
        System.err.println("KilledCallsIT: -Dlunaria.seed=" + SEED);
        underTest = InstallationUnderTest.start("killed-it");
        installation = underTest.installation();
        orchestrator = new Orchestrator(installation);
        host = installation.addHost("mybox0");
        // As an orchestrator does before it publishes anything to a node: it waits for the
        // registration.
        assertThat(orchestrator.nodeId(host)).isEqualTo("mybox0");
    }

    @AfterAll
    static void remove() throws Exception {
        if (underTest != null) {
            underTest.remove();
        }
    }

    @Test
    void every_call_succeeds_when_repeated_after_its_server_was_killed() throws Exception {
        for (int round = 0; round < 2; round++) {
            String name = "killed-" + round;
            Volume volume = killed(this::controller, () -> orchestrator.create(name, 1L << 30));
            Map<String, String> context =
                    killed(this::controller, () -> orchestrator.controllerPublish(volume, host));
            killed(host::plugin, () -> stage(volume, context));
            Path pod =
                    killed(host::plugin, () -> orchestrator.publish(volume, host, context, name));
            Files.writeString(pod.resolve("file"), name);

            assertThat(Files.readString(pod.resolve("file"))).isEqualTo(name);
            assertThat(readyFilesystem(volume)).isEqualTo("ext4");

            killed(host::plugin, () -> done(() -> orchestrator.unpublish(volume, host, name)));
            killed(host::plugin, () -> done(() -> orchestrator.unstage(volume, host)));
            killed(
                    this::controller,
                    () -> done(() -> orchestrator.controllerUnpublish(volume, host)));
            killed(this::controller, () -> done(() -> orchestrator.delete(volume)));
        }
    }

    /**
     * Makes the call on a thread of its own, kills its server meanwhile, then repeats it until it
     * succeeds.
     */
    private <T> T killed(Supplier<ServerProcess> server, Call<T> call) throws Exception {
        long delayMicros = random.nextLong(300_000);
        Thread caller =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                var _ = call.run();
                            } catch (StatusRuntimeException | IOException e) {
                                // That is what the kill is for.
                            }
                        });
        caller.join(Duration.ofNanos(delayMicros * 1_000));
        server.get().kill();
        installation.restart();
        host.restart();
        caller.join();
        for (int attempt = 1; ; attempt++) {
            try {
                return call.run();
            } catch (StatusRuntimeException e) {
                // What an orchestrator repeats.
                boolean again =
                        switch (e.getStatus().getCode()) {
                            case UNAVAILABLE, ABORTED, DEADLINE_EXCEEDED -> true;
                            default -> false;
                        };
                if (!again || attempt == ATTEMPTS) {
                    throw e;
                }
                pause.await(200, TimeUnit.MILLISECONDS);
            }
        }
    }

    private ServerProcess controller() {
        return installation.controller();
    }

    private static Boolean stage(Volume volume, Map<String, String> context) throws IOException {
        orchestrator.stage(volume, host, context);
        return true;
    }

    private static Boolean done(Runnable call) {
        call.run();
        return true;
    }

    private static String readyFilesystem(Volume volume) {
        String[] id = volume.getVolumeId().split("/", 2);
        return LunsGrpc.newBlockingStub(installation.admin().channel())
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .getLun(GetLunRequest.newBuilder().setPool(id[0]).setLun(id[1]).build())
                .getFormat()
                .getFilesystem();
    }
}
