package dev.lunaria.e2e.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lunaria.controller.CsiClient;
import dev.lunaria.linux.Processes;
import dev.lunaria.linux.Signals;
import dev.lunaria.proto.registry.v1.RegisterNodeRequest;
import dev.lunaria.proto.registry.v1.RegistryGrpc;
import dev.lunaria.service.metrics.Metrics;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What an administrator sees of a controller and a target server that run: the same two for all
 * tests, each of which leaves them as it found them, but for the log level.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ObservabilityIT {
    private static final String CONTROLLER = "dev.lunaria.controller.Main";
    private static final String ADMINISTRATION = "dev.lunaria.cli.Main";
    private static final Pattern FAMILY = Pattern.compile("(?m)^# TYPE (lunaria_target_\\w+) ");
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    @TempDir static Path folder = Path.of("");
    private RunningPrograms programs;
    private GrpcChannel csiChannel;
    private CsiClient csi;
    private String volume = "";

    @BeforeAll
    void startAndPublish() throws Exception {
        programs = new RunningPrograms(folder);
        String document =
                programs.run(
                        "init",
                        TargetServerIT.MAIN,
                        "init",
                        "--pool=" + folder.resolve("pool"),
                        "--cluster-id=" + TargetServerIT.CLUSTER,
                        "--admin=unix://" + folder.resolve("admin.sock"));
        String pool = TargetServerIT.poolOf(document).toString();
        Path targets = Files.createDirectories(folder.resolve("registry/storagetargets"));
        Files.writeString(targets.resolve(pool + ".yaml"), document);
        programs.run(
                "key", CONTROLLER, "create-key", "--keys=" + folder.resolve("keys"), "--id=k1");
        Files.writeString(folder.resolve("target.yaml"), "log-level: info\n");
        programs.start(
                "target",
                TargetServerIT.MAIN,
                "run",
                "--config=" + folder.resolve("target.yaml"),
                "--pool=" + folder.resolve("pool"),
                "--portal=127.0.0.1:0",
                "--admin=unix://" + folder.resolve("admin.sock"),
                "--reserve-mib=1",
                "--health=127.0.0.1:0",
                "--state-folder=" + folder.resolve("state"));
        programs.start(
                "controller",
                CONTROLLER,
                "run",
                "--cluster-id=" + TargetServerIT.CLUSTER,
                "--csi-socket=unix://" + folder.resolve("csi.sock"),
                "--registry-listen=unix://" + folder.resolve("registry.sock"),
                "--registry-folder=" + folder.resolve("registry"),
                "--health=127.0.0.1:0",
                "--keys=" + folder.resolve("keys"));
        try (GrpcChannel registry =
                GrpcChannel.open(new Endpoint.Unix(folder.resolve("registry.sock")))) {
            assertThat(
                            RegistryGrpc.newBlockingStub(registry.channel())
                                    .withDeadlineAfter(30, TimeUnit.SECONDS)
                                    .registerNode(
                                            RegisterNodeRequest.newBuilder()
                                                    .setName("mybox0")
                                                    .build()))
                    .isNotNull();
        }
        csiChannel = GrpcChannel.open(new Endpoint.Unix(folder.resolve("csi.sock")));
        csi = new CsiClient(csiChannel.channel());
        volume = csi.create("pvc-1").getVolumeId();
        assertThat(csi.publish(volume, "mybox0").epoch()).isEqualTo(1);
    }

    @AfterAll
    void stop() {
        csiChannel.close();
        programs.close();
    }

    private HttpResponse<String> get(String program, String path) throws Exception {
        int port =
                JSON.readTree(programs.await(program, "health and metrics listen"))
                        .get("port")
                        .asInt();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private List<JsonNode> log(String program) throws Exception {
        return programs.lines(program).stream().map(JSON::readTree).toList();
    }

    @Test
    void everyLineOfACallHasItsIdItsVolumeAndItsNodeInBothPrograms() throws Exception {
        JsonNode publish =
                JSON.readTree(programs.await("controller", "\"ControllerPublishVolume\""));
        assertThat(publish.path("volume").asString()).isEqualTo(volume);
        assertThat(publish.path("node").asString()).isEqualTo("mybox0");
        JsonNode create = JSON.readTree(programs.await("controller", "\"CreateVolume\""));
        assertThat(create.path("volume").asString()).isEqualTo(volume);
        String call = publish.path("call").asString();
        assertThat(call).isNotEmpty();

        programs.await("target", "\"CreateGrant\"");
        List<JsonNode> behind =
                log("target").stream()
                        .filter(line -> line.path("call").asString("").equals(call))
                        .toList();
        assertThat(behind)
                .extracting(line -> line.path("method").asString(""))
                .contains("GetLun", "CreateGrant");
        assertThat(behind)
                .allSatisfy(line -> assertThat(line.path("volume").asString()).isEqualTo(volume));
        assertThat(behind)
                .filteredOn(line -> line.path("method").asString("").equals("CreateGrant"))
                .allSatisfy(line -> assertThat(line.path("node").asString()).isEqualTo("mybox0"));
    }

    @Test
    void bothAreReadyAndCountWhatTheyDo() throws Exception {
        for (String program : List.of("target", "controller")) {
            assertThat(get(program, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(program, "/readyz").body()).isEqualTo("ok\n");
        }
        assertThat(get("controller", "/metrics").body())
                .containsPattern(
                        "grpc_server_processing_duration_seconds_count\\{method=\"CreateVolume\""
                                + ".*statusCode=\"OK\".*} 1");
        String scraped = get("target", "/metrics").body();
        assertThat(scraped)
                .containsPattern("lunaria_target_pool_luns\\{format=\"blank\",pool=\".*\"} 1.0")
                .containsPattern(
                        "lunaria_target_pool_provisioned_bytes\\{pool=\".*\"} 1.073741824E9");
        Set<String> documented =
                dev.lunaria.target.Main.metrics().descriptions().stream()
                        .map(Metrics.Description::name)
                        .collect(Collectors.toSet());
        assertThat(FAMILY.matcher(scraped).results().map(found -> found.group(1)))
                .hasSizeGreaterThan(10)
                .isSubsetOf(documented);
    }

    @Test
    void aControllerWithoutItsRegistryIsNotReadyButAlive() throws Exception {
        Path broken = folder.resolve("registry/storagetargets/second.yaml");
        Files.writeString(broken, "kind: [half a document");
        try {
            assertThat(get("controller", "/readyz").statusCode()).isEqualTo(503);
            assertThat(get("controller", "/readyz").body()).contains("registry: ");
            assertThat(get("controller", "/healthz").statusCode()).isEqualTo(200);
        } finally {
            Files.delete(broken);
        }
        assertThat(get("controller", "/readyz").statusCode()).isEqualTo(200);
    }

    @Test
    void theAdministrationProgramShowsTheSame() throws Exception {
        String admin = "--admin=unix://" + folder.resolve("admin.sock");
        JsonNode luns =
                JSON.readTree(
                        programs.run("luns", ADMINISTRATION, "luns", "list", "-ojson", admin));
        assertThat(luns).hasSize(1);
        assertThat(luns.get(0).get("name").asString()).isEqualTo("pvc-1");
        assertThat(luns.get(0).get("format").get("state").asString()).isEqualTo("BLANK");
        assertThat(programs.run("lun", ADMINISTRATION, "lun", "show", volume, admin))
                .contains("node: mybox0");
        String registry = "--registry-folder=" + folder.resolve("registry");
        assertThat(programs.run("grants", ADMINISTRATION, "grants", "list", registry))
                .contains("mybox0")
                .contains("ACTIVE");
        assertThat(programs.run("pools", ADMINISTRATION, "pools", "list", registry))
                .contains(volume.substring(0, volume.indexOf('/')));
        assertThat(programs.run("servers", ADMINISTRATION, "servers", "list", admin))
                .contains("127.0.0.1:");
        assertThat(programs.run("sessions", ADMINISTRATION, "sessions", "list", admin))
                .hasLineCount(1);
        assertThat(programs.run("volumes", ADMINISTRATION, "volumes", "list", registry))
                .contains("pvc-1");
        assertThat(programs.run("nodes", ADMINISTRATION, "nodes", "list", registry))
                .contains("mybox0");
    }

    @Test
    void sighupReadsTheLogLevelOfTheFileAgain() throws Exception {
        assumeThat(Signals.hears(Processes.SIGHUP))
                .as("SIGHUP is ignored here, as under nohup")
                .isTrue();
        Files.writeString(folder.resolve("target.yaml"), "log-level: loud\n");
        Processes.kill(programs.pid("target"), Processes.SIGHUP);
        assertThat(programs.await("target", "can't be loaded again")).contains("loud");

        int before = programs.lines("target").size();
        csi.publish(volume, "mybox0");
        assertThat(programs.lines("target")).hasSizeGreaterThan(before);

        Files.writeString(folder.resolve("target.yaml"), "log-level: warn\n");
        Processes.kill(programs.pid("target"), Processes.SIGHUP);
        // Nothing says when it is in force: the line that would is below it.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        int lines;
        do {
            lines = programs.lines("target").size();
            csi.publish(volume, "mybox0");
        } while (programs.lines("target").size() > lines && System.nanoTime() < deadline);
        assertThat(programs.lines("target")).hasSize(lines);
    }
}
