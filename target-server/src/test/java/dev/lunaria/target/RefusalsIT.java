package dev.lunaria.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.cli.Program;
import dev.lunaria.service.state.SingleInstance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** What stands in the way of a start is said in one line, with exit code 2. */
@ResourceLock(Resources.SYSTEM_ERR)
@ResourceLock(Resources.SYSTEM_OUT)
class RefusalsIT {

    @TempDir private Path folder = Path.of("");

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void makePool() {
        assertThat(init(pool()).code()).isZero();
    }

    private Path pool() {
        return folder.resolve("pool");
    }

    private static Ended init(Path pool) {
        return execute("init", "--pool", pool.toString(), "--cluster-id", "test");
    }

    /** Runs a server that is expected not to start. */
    private Ended run(Path pool, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "run",
                                "--pool",
                                pool.toString(),
                                "--state-folder",
                                folder.resolve("state").toString(),
                                "--log-level",
                                "error"));
        arguments.addAll(List.of(more));
        if (!arguments.contains("--admin")) {
            arguments.addAll(List.of("--admin", "unix://" + folder.resolve("a.sock")));
        }
        return execute(arguments.toArray(String[]::new));
    }

    private static Ended execute(String... arguments) {
        PrintStream before = System.err;
        PrintStream out = System.out;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            int code =
                    new Program(
                                    "lunaria-target",
                                    "for a test",
                                    List.of(new InitCommand(), new RunCommand()))
                            .execute(arguments);
            return new Ended(
                    code,
                    printed.toString(StandardCharsets.UTF_8),
                    err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
            System.setOut(out);
        }
    }

    private static void assertOneLine(Ended ended, String... parts) {
        assertThat(ended.code()).as(ended.err()).isEqualTo(Program.EXIT_REFUSED);
        assertThat(ended.err().strip().lines()).as(ended.err()).hasSize(1);
        assertThat(ended.err()).startsWith("lunaria-target: ").contains(parts);
    }

    @Test
    void a_portal_in_use() throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertOneLine(
                    run(pool(), "--portal", "127.0.0.1:" + other.getLocalPort()),
                    "127.0.0.1",
                    String.valueOf(other.getLocalPort()));
        }
    }

    @Test
    void an_admin_endpoint_on_tcp_without_tls() {
        assertOneLine(run(pool(), "--portal", "127.0.0.1:0", "--admin", "127.0.0.1:0"), "TLS");
    }

    @Test
    void another_server_on_the_same_folder() throws IOException {
        try (SingleInstance other = SingleInstance.acquire(pool())) {
            assertThat(other).isNotNull();
            assertOneLine(run(pool()), "another process", pool().toString());
        }
    }

    @Test
    void an_unknown_setting_and_one_out_of_range() {
        assertOneLine(run(pool(), "--colour", "red"), "--colour");
        assertOneLine(run(pool(), "--store-threads", "0"), "--store-threads");
        assertOneLine(run(pool(), "--portal", "unix:///x"), "--portal");
        assertOneLine(run(pool(), "--tls-ca", "/x"), "--tls-key");
    }

    @Test
    void a_folder_that_is_missing_or_no_pool() throws IOException {
        assertOneLine(run(folder.resolve("none")), "none", "mounted");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertOneLine(run(empty), "empty", "init");
    }

    @Test
    void a_catalog_of_a_newer_version() throws IOException {
        Files.writeString(pool().resolve("pool.json"), "{\"formatVersion\": 99}");
        assertOneLine(run(pool()), "version 99", "newer");
    }

    @Test
    void a_folder_that_cannot_be_written() {
        // Root may write anywhere but here.
        assertOneLine(run(Path.of("/proc")), "/proc", "writable");
    }

    @Test
    void the_same_pool_twice() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        for (String name : List.of("luns", "making", "deleting")) {
            Files.createDirectory(copy.resolve(name));
        }
        Files.copy(pool().resolve("pool.json"), copy.resolve("pool.json"));
        assertOneLine(run(pool(), "--pool", copy.toString()), "same pool");
    }

    @Test
    void init_prints_the_document_that_registers_the_pool() throws IOException {
        Ended ended =
                execute(
                        "init",
                        "--pool",
                        folder.resolve("new").toString(),
                        "--cluster-id",
                        "test",
                        "--admin",
                        "unix:///run/x.sock",
                        "--portal",
                        "10.0.0.1:3260");
        assertThat(ended.code()).isZero();
        String json = Files.readString(folder.resolve("new").resolve("pool.json"));
        String pool = json.replaceAll("(?s).*\"pool\" : \"([^\"]*)\".*", "$1");
        assertThat(ended.out())
                .contains("apiVersion: lunaria.dev/v1alpha1\nkind: StorageTarget\n")
                .contains("  pool: " + pool + "\n")
                .contains("  endpoint: \"unix:///run/x.sock\"\n")
                .contains("    - \"10.0.0.1:3260\"\n");
    }

    @Test
    void init_on_a_pool_or_with_a_cluster_id_that_cannot_be() {
        assertOneLine(init(pool()), "pool already");
        assertOneLine(
                execute(
                        "init",
                        "--pool",
                        folder.resolve("p2").toString(),
                        "--cluster-id",
                        "Not/An Id"),
                "--cluster-id");
        assertOneLine(execute("init", "--pool", folder.resolve("p2").toString()), "--cluster-id");
    }
}
