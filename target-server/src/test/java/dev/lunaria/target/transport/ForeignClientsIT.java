package dev.lunaria.target.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that nobody here wrote: libiscsi's tools and QEMU, where they are installed. */
final class ForeignClientsIT {
    private static final long SIZE = 64 << 20;

    @TempDir Path folder;
    private FileTarget target;

    @BeforeEach
    void start() throws IOException {
        PortalSettings settings =
                new PortalSettings(2, 16, Duration.ofSeconds(10), Duration.ofSeconds(30), 64 << 20);
        target = new FileTarget(folder.resolve("lun"), SIZE, settings, 0);
    }

    @AfterEach
    void stop() throws IOException {
        target.close();
    }

    private String portal() {
        return "iscsi://127.0.0.1:" + target.port();
    }

    private String lun() {
        return portal() + "/" + FileTarget.NAME + "/0";
    }

    private String run(String program, String... arguments) throws Exception {
        assumeTrue(installed(program), program + " is not installed");
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        Path output = folder.resolve("output");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();
        String text = Files.readString(output, StandardCharsets.ISO_8859_1);
        assertThat(ended).as("%s ended: %s", command, text).isTrue();
        assertThat(process.exitValue()).as("%s: %s", command, text).isZero();
        return text;
    }

    private static boolean installed(String program) {
        for (String path : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (Files.isExecutable(Path.of(path, program))) {
                return true;
            }
        }
        return false;
    }

    @Test
    void libiscsiFindsTheLun() throws Exception {
        assertThat(run("iscsi-ls", "-s", portal())).contains(FileTarget.NAME, "DIRECT_ACCESS");
        assertThat(run("iscsi-inq", lun())).contains("LUNARIA");
        assertThat(run("iscsi-readcapacity16", lun())).contains("Total size:" + SIZE);
    }

    @Test
    void libiscsisProtocolTestsPass() throws Exception {
        assertThat(run("iscsi-test-cu", "--dataloss", "-t", "iSCSI", lun()))
                .containsPattern("tests +\\d+ +\\d+ +\\d+ +0 ");
    }

    @Test
    void qemuWritesAnImageAndReadsTheSameBack() throws Exception {
        Path image = folder.resolve("image");
        byte[] bytes = new byte[20 << 20];
        new Random(3).nextBytes(bytes);
        Files.write(image, bytes);
        Files.write(image, new byte[] {1}, StandardOpenOption.APPEND);
        try (var grown = new java.io.RandomAccessFile(image.toFile(), "rw")) {
            grown.setLength(SIZE);
        }
        Path back = folder.resolve("back");
        run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", image.toString(), lun());
        run("qemu-img", "convert", "-f", "raw", "-O", "raw", lun(), back.toString());
        assertThat(Files.mismatch(image, back)).isEqualTo(-1);
        assertThat(Files.mismatch(image, folder.resolve("lun"))).isEqualTo(-1);
    }
}
