package dev.lunaria.e2e.admin;

import static dev.lunaria.controller.CsiClient.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.proto.csi.v1.ListVolumesRequest;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.service.csi.PublishContext;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A controller and a target server as processes, asked over CSI; either is killed hard in between.
 */
final class ControllerIT {

    private static final String CONTROLLER = "dev.lunaria.controller.Main";

    @TempDir Path folder;

    private RunningPrograms programs;
    private GrpcChannel csiChannel;
    private GrpcChannel registryChannel;
    private CsiClient csi;

    @BeforeEach
    void start() throws Exception {
        programs = new RunningPrograms(folder);
        String document =
                programs.run(
                        "init",
                        TargetServerIT.MAIN,
                        "init",
                        "--pool=" + folder.resolve("pool"),
                        "--cluster-id=" + TargetServerIT.CLUSTER,
                        "--admin=unix://" + folder.resolve("admin.sock"),
                        "--portal=127.0.0.1:3260");
        String pool = TargetServerIT.poolOf(document).toString();
        Path targets = Files.createDirectories(folder.resolve("registry/storagetargets"));
        Files.writeString(targets.resolve(pool + ".yaml"), document);
        programs.run(
                "key", CONTROLLER, "create-key", "--keys=" + folder.resolve("keys"), "--id=k1");
        startTarget();
        startController();
        csiChannel = GrpcChannel.open(new Endpoint.Unix(folder.resolve("csi.sock")));
        registryChannel = GrpcChannel.open(new Endpoint.Unix(folder.resolve("registry.sock")));
        csi = new CsiClient(csiChannel.channel());
    }

    @AfterEach
    void stop() {
        csiChannel.close();
        registryChannel.close();
        programs.close();
    }

    private void startTarget() throws Exception {
        programs.start(
                "target",
                TargetServerIT.MAIN,
                "run",
                "--pool=" + folder.resolve("pool"),
                "--portal=127.0.0.1:0",
                "--admin=unix://" + folder.resolve("admin.sock"),
                "--reserve-mib=1",
                "--state-folder=" + folder.resolve("state"));
    }

    private void startController() throws Exception {
        programs.start(
                "controller",
                CONTROLLER,
                "run",
                "--cluster-id=" + TargetServerIT.CLUSTER,
                "--csi-socket=unix://" + folder.resolve("csi.sock"),
                "--registry-listen=unix://" + folder.resolve("registry.sock"),
                "--registry-folder=" + folder.resolve("registry"),
                "--keys=" + folder.resolve("keys"));
    }

    private List<String> publishedNodes() {
        return csi.stub()
                .listVolumes(ListVolumesRequest.getDefaultInstance())
                .getEntries(0)
                .getStatus()
                .getPublishedNodeIdsList();
    }

    @Test
    void aVolumeOutlivesTheDeathOfControllerAndTarget() throws Exception {
        for (String node : List.of("mybox0", "mybox1")) {
            assertThat(
                            RegistryGrpc.newBlockingStub(registryChannel.channel())
                                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                                    .registerNode(
                                            RegisterNodeRequest.newBuilder().setName(node).build()))
                    .isNotNull();
        }
        String id = csi.create("pvc-1").getVolumeId();
        PublishContext first = csi.publish(id, "mybox0");
        assertRefused(Status.Code.FAILED_PRECONDITION, "mybox0", () -> csi.publish(id, "mybox1"));

        programs.kill("controller");
        startController();
        assertThat(csi.create("pvc-1").getVolumeId()).isEqualTo(id);
        assertThat(csi.publish(id, "mybox0")).isEqualTo(first);

        programs.kill("target");
        assertRefused(
                Status.Code.UNAVAILABLE, "see that it runs", () -> csi.unpublish(id, "mybox0"));
        startTarget();
        assertThat(publishedNodes()).containsExactly("mybox0");
        csi.unpublish(id, "mybox0");
        assertThat(publishedNodes()).isEmpty();
        assertThat(csi.publish(id, "mybox1").epoch()).isEqualTo(1);
        assertRefused(Status.Code.FAILED_PRECONDITION, "mybox1", () -> csi.delete(id));
        csi.unpublish(id, "mybox1");
        csi.delete(id);
        csi.delete(id);
        assertThat(folder.resolve("registry/lunariavolumes")).isEmptyDirectory();
        assertThat(folder.resolve("pool/luns")).isEmptyDirectory();
    }
}
