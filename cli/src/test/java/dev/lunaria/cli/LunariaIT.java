package dev.lunaria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.registry.FolderRegistry;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.LunariaVolume;
import dev.lunaria.registry.StorageTarget;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Against a server that answers with what is written down here. */
final class LunariaIT {
    @TempDir Path folder;
    private FakeAdmin server;
    private String admin = "";
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void start() {
        Path socket = folder.resolve("admin.sock");
        server = new FakeAdmin(socket);
        admin = "--admin=unix://" + socket;
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Lunaria.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    private String asked(String... arguments) {
        assertThat(run(arguments)).as(err.toString()).isZero();
        assertThat(err.toString()).isEmpty();
        return out.toString();
    }

    @Test
    void lunsAreARowEachByName() {
        assertThat(asked("luns", "list", admin))
                .isEqualTo(
                        """
                        LUN                                   NAME       SIZE  ON DISK  FORMAT      GRANTED TO  POOL
                        76045552-0000-4000-8000-000000000003  pvc-db    1 GiB      0 B  BLANK       -           c34ea3d2
                        62f2cf8c-0000-4000-8000-000000000002  pvc-web  40 GiB  1.5 MiB  READY ext4  mybox1      c34ea3d2
                        """);
    }

    @Test
    void wideHasMoreColumns() {
        assertThat(asked("luns", "list", "-o", "wide", admin))
                .contains("TARGET NAME")
                .contains("iqn.2026-11.dev.lunaria:" + FakeAdmin.POOL + ":" + FakeAdmin.WEB)
                .contains("2026-05-28T20:26:40Z");
    }

    @Test
    void jsonHasNumbersAndEveryField() {
        JsonNode luns = JsonMapper.shared().readTree(asked("luns", "list", "-o", "json", admin));
        assertThat(luns).hasSize(2);
        JsonNode web = luns.get(1);
        assertThat(web.get("sizeBytes").isNumber()).isTrue();
        assertThat(web.get("sizeBytes").asLong()).isEqualTo(40L << 30);
        assertThat(web.get("format").get("state").asString()).isEqualTo("READY");
        assertThat(web.get("created").asString()).isEqualTo("2026-05-28T20:26:40Z");
        assertThat(web.get("grants").get(1).get("exclusive").asBoolean()).isTrue();
        assertThat(luns.get(0).get("allocatedBytes").asLong()).isZero();
        assertThat(luns.get(0).has("source")).isFalse();
    }

    @Test
    void yamlSaysTheSame() {
        JsonNode yaml = YAMLMapper.shared().readTree(asked("luns", "list", "-o", "yaml", admin));
        JsonNode json = JsonMapper.shared().readTree(asked("luns", "list", "-o", "json", admin));
        assertThat(yaml.toString()).isEqualTo(json.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                FakeAdmin.POOL + "/" + FakeAdmin.WEB,
                FakeAdmin.WEB,
                "62f2",
                "62F2CF8C",
                "c34ea3d2/62f2"
            })
    void aLunIsShownByVolumeIdByUuidAndByItsBeginning(String id) {
        assertThat(asked("lun", "show", id, admin))
                .contains("name: pvc-web")
                .contains("sizeBytes: 42949672960");
    }

    @Test
    void aLunThatIsNotThereIsOneLineAndExitCode1() {
        assertThat(run("lun", "show", "ffff", admin)).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("there is no LUN ffff");
        assertThat(run("lun", "show", FakeAdmin.POOL + "/" + FakeAdmin.POOL, admin)).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("there is no LUN");
    }

    @Test
    void tooLittleOfAnIdIsBadUsage() {
        assertThat(run("lun", "show", "62", admin)).isEqualTo(2);
        assertThat(err.toString()).hasLineCount(1).contains("4 digits");
    }

    @Test
    void grantsAreThoseThatLive() {
        assertThat(asked("grants", "list", admin)).contains("mybox1").doesNotContain("mybox0");
        assertThat(asked("grants", "list", "--all", admin)).contains("mybox0").contains("REVOKED");
        assertThat(asked("grants", "list", "--node", "mybox0", admin)).hasLineCount(1);
        assertThat(asked("grants", "list", "--key", "k1", "--lun", "62f2", admin))
                .contains("mybox1")
                .contains("READ_WRITE");
        assertThat(
                        JsonMapper.shared()
                                .readTree(asked("grants", "list", "-o", "json", admin))
                                .get(0)
                                .get("lun")
                                .asString())
                .isEqualTo(FakeAdmin.WEB);
    }

    @Test
    void poolsServersAndSessionsAreListed() {
        assertThat(asked("pools", "list", admin)).contains("1 TiB").contains("512 GiB");
        assertThat(asked("servers", "list", admin)).contains("0.0.9").contains("10.0.0.5:3260");
        assertThat(asked("sessions", "list", admin)).contains("10.0.0.11:40000");
        assertThat(asked("sessions", "list", "--node", "mybox0", admin)).hasLineCount(1);
    }

    @Test
    void aServerWithoutSnapshotsIsOlderThanThis() {
        assertThat(run("snapshots", "list", admin)).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("older than this program; upgrade it");
    }

    @Test
    void nobodyThereIsOneLineThatSaysWhatToDo() {
        assertThat(run("pools", "list", "--admin=unix://" + folder.resolve("none.sock")))
                .isEqualTo(1);
        assertThat(err.toString())
                .hasLineCount(1)
                .startsWith("lunaria: no target server answers at unix://")
                .contains("there is no such socket")
                .contains("--admin");
        assertThat(out.toString()).isEmpty();
    }

    /** A script mustn't take a part for the whole. */
    @Test
    void oneOfTwoServersThatDoesNotAnswerIsExitCode1AndTheOtherIsShown() {
        String both = admin + ",unix://" + folder.resolve("none.sock");
        assertThat(run("pools", "list", both)).isEqualTo(1);
        assertThat(out.toString()).contains(FakeAdmin.POOL);
        assertThat(err.toString()).hasLineCount(1).contains("none.sock");
    }

    @Test
    void theServersOfTheRegistryAreAskedAndItsDocumentsListed() {
        Path registryFolder = folder.resolve("registry");
        try (FolderRegistry registry = FolderRegistry.open(registryFolder)) {
            registry.create(
                    Kind.STORAGE_TARGET,
                    "one",
                    new StorageTarget(
                            UUID.fromString(FakeAdmin.POOL),
                            "unix://" + folder.resolve("admin.sock"),
                            "",
                            List.of("10.0.0.5:3260"),
                            Map.of(),
                            100,
                            false,
                            false));
            registry.create(
                    Kind.LUNARIA_NODE,
                    "mybox0",
                    new LunariaNode(List.of("10.0.0.10"), "prod", "iqn.mybox0", 0));
            registry.create(
                    Kind.LUNARIA_VOLUME,
                    "pvc-web",
                    new LunariaVolume(
                            UUID.fromString(FakeAdmin.POOL),
                            UUID.fromString(FakeAdmin.WEB),
                            1L << 30,
                            Map.of(),
                            null,
                            false));
        }
        String there = "--registry-folder=" + registryFolder;
        assertThat(asked("pools", "list", there)).contains(FakeAdmin.POOL);
        assertThat(asked("nodes", "list", there)).contains("mybox0").contains("10.0.0.10");
        assertThat(asked("volumes", "list", there)).contains("pvc-web").contains("1 GiB");
    }

    @Test
    void aRegistryThatIsNotThereIsNotMade() {
        Path missing = folder.resolve("missing");
        assertThat(run("volumes", "list", "--registry-folder=" + missing)).isEqualTo(1);
        assertThat(missing).doesNotExist();
        assertThat(run("volumes", "list")).isEqualTo(1);
        assertThat(err.toString()).hasLineCount(1).contains("--registry-folder");
    }

    @Test
    void badUsageIsOneLineAndExitCode2() {
        assertThat(run("luns", "list", "--nonsense")).isEqualTo(2);
        assertThat(err.toString()).hasLineCount(1).contains("lunaria luns list --help");
        assertThat(run("luns", "list", "-o", "xml", admin)).isEqualTo(2);
        assertThat(err.toString()).hasLineCount(1).contains("xml");
    }

    @Test
    void aNounAloneShowsItsVerbs() {
        assertThat(run("luns")).isEqualTo(2);
        assertThat(err.toString()).contains("list").contains("show");
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("sessions");
    }

    @Test
    void helpVersionAndCompletionAreExitCode0() {
        assertThat(asked("--help")).contains("pools").contains("LUNARIA_ADMIN");
        assertThat(asked("--version")).startsWith("lunaria ");
        assertThat(asked("luns", "list", "--help")).contains("--output");
        assertThat(asked("completion")).contains("complete -F").contains("sessions");
    }
}
