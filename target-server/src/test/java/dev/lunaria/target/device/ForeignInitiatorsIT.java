package dev.lunaria.target.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Initiators that nobody here wrote, against a unit on a real file behind a real portal. */
class ForeignInitiatorsIT {
    private static final long BYTES = 100L << 20;
    private static final long SECONDS = 60;

    @TempDir Path folder;
    private ServedUnit served;

    @BeforeEach
    void serve() throws IOException {
        served = new ServedUnit(folder, BYTES);
    }

    @AfterEach
    void stop() throws IOException {
        served.close();
    }

    @Test
    void iscsi_inq_shows_the_unit_and_its_pages() throws Exception {
        assertThat(run("iscsi-inq", served.url())).contains("VIRTUAL-DISK", "SBC-3");
        assertThat(run("iscsi-inq", "-e", "1", "-c", "131", served.url()))
                .contains(ServedUnit.TARGET, "LUNARIA ");
        assertThat(run("iscsi-inq", "-e", "1", "-c", "178", served.url()))
                .contains("lbpu:1", "provisioning type:2");
    }

    @Test
    void iscsi_readcapacity16_and_iscsi_ls_agree_on_the_size() throws Exception {
        assertThat(run("iscsi-readcapacity16", served.url())).contains("Total size:" + BYTES);
        String portal = served.url().substring(0, served.url().indexOf('/', "iscsi://".length()));
        assertThat(run("iscsi-ls", "-s", portal)).contains(ServedUnit.TARGET, "Lun:0");
    }

    @Test
    void an_image_that_qemu_img_wrote_is_read_back_the_same() throws Exception {
        assumeTrue(
                run("qemu-img", "--help").contains("iscsi"),
                "qemu-img has no iscsi driver (Debian: qemu-block-extra)");
        Path source = folder.resolve("source.raw");
        writeImage(source);
        run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source.toString(), served.url());
        Path back = folder.resolve("back.raw");
        run("qemu-img", "convert", "-f", "raw", "-O", "raw", served.url(), back.toString());
        assertThat(Files.mismatch(source, back)).isEqualTo(-1);
    }

    /** As long as the unit: data, zeros, data. */
    private static void writeImage(Path file) throws IOException {
        byte[] piece = new byte[1 << 20];
        Random random = new Random(42);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < BYTES >> 20; i++) {
                if (i % 10 < 3) {
                    random.nextBytes(piece);
                    out.write(piece);
                } else {
                    out.write(new byte[piece.length]);
                }
            }
        }
    }

    /** Runs a tool to its end, and returns what it printed. */
    private String run(String... command) throws Exception {
        assumeTrue(
                isInstalled(command[0]),
                command[0] + " is missing (Debian: libiscsi-bin, qemu-utils)");
        Path log = Files.createTempFile(folder, command[0], ".log");
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS)).as(command[0]).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(log, StandardCharsets.ISO_8859_1);
    }

    private static boolean isInstalled(String program) {
        for (String directory : System.getenv("PATH").split(":", -1)) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }
}
