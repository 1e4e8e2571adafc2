package dev.lunaria.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of the machine, each with a time limit, and what tests of disks need of it. */
final class Tools {

    private static final long LIMIT_SECONDS = 60;

    private Tools() {}

    /** Skips the test, by name of what is missing. */
    static void assumeDisks() {
        assumeTrue(Processes.effectiveUserId() == 0, "user-space disks need root");
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "no FUSE in this kernel");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "no loop driver in this kernel");
    }

    /** Skips the test where a program isn't installed. */
    static void assumeProgram(String name) {
        boolean found =
                Stream.of("/usr/sbin", "/sbin", "/usr/bin", "/bin")
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
        assumeTrue(found, name + " is not installed");
    }

    /** Runs a program to its end and gives what it printed; fails where it failed. */
    static String run(Object... command) throws IOException, InterruptedException {
        List<String> words = Stream.of(command).map(Object::toString).toList();
        Path output = Files.createTempFile("lunaria-test", ".out");
        try {
            Process process =
                    new ProcessBuilder(words)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            String text = Files.readString(output, StandardCharsets.ISO_8859_1);
            assertThat(ended).as("%s ends in time: %s", words, text).isTrue();
            assertThat(process.exitValue()).as("%s: %s", words, text).isZero();
            return text;
        } finally {
            Files.delete(output);
        }
    }
}
