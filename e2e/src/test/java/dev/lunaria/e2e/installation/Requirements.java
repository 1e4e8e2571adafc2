package dev.lunaria.e2e.installation;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lunaria.linux.Processes;
import java.nio.file.Files;
import java.nio.file.Path;

/** What end-to-end tests need of a machine; each says by name what is missing. */
public final class Requirements {
    private Requirements() {}

    /** Built programs. */
    public static Distribution programs() {
        var distribution = Distribution.find();
        assumeTrue(distribution.isPresent(), "needs the built programs: ./mvnw package first");
        return distribution.get();
    }

    /** Root, FUSE and loop devices. */
    public static void blockDevices() {
        assumeTrue(Processes.effectiveUserId() == 0, "needs root, for mounts and loop devices");
        assumeTrue(Files.exists(Path.of("/dev/fuse")), "needs the kernel's FUSE: /dev/fuse");
        assumeTrue(
                Files.exists(Path.of("/dev/loop-control")),
                "needs the kernel's loop devices: /dev/loop-control");
    }

    /** A program on the PATH. */
    public static void tool(String name) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, name))) {
                return;
            }
        }
        assumeTrue(false, "needs " + name + " on the PATH");
    }
}
