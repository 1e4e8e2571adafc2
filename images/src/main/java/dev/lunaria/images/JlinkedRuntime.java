package dev.lunaria.images;

import dev.lunaria.images.Node.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The Java runtime of the images: linked from the modules of Debian's OpenJDK by the jlink of the
 * JDK that runs this build. So it is the same for everybody, gets Debian's security updates, and
 * exists for another processor than this machine's. Of one thread.
 */
final class JlinkedRuntime {
    /** Where it is in the image. */
    static final String HOME = "/opt/java";

    /**
     * What programs and libraries use, as jdeps finds it, but for java.desktop, of which Jackson
     * uses annotations where they are there; and jcmd, for whoever looks into a program.
     */
    static final List<String> MODULES =
            List.of(
                    "java.base",
                    "java.naming",
                    "java.net.http",
                    "java.sql",
                    "jdk.httpserver",
                    "jdk.jcmd",
                    "jdk.jfr",
                    "jdk.management",
                    "jdk.unsupported");

    private static final Duration LINK = Duration.ofMinutes(5);

    private JlinkedRuntime() {}

    /**
     * Links it.
     *
     * @param jdk the package with the modules, openjdk-25-jdk-headless
     * @param work an empty folder, which must stay until the layer is written
     */
    static Tree link(DebianPackage jdk, Path work) throws IOException, BuildFailure {
        Path modules = Files.createDirectories(work.resolve("jmods"));
        for (var entry : jdk.files(path -> path.endsWith(".jmod")).nodes().entrySet()) {
            String name = entry.getKey().substring(entry.getKey().lastIndexOf('/') + 1);
            if (entry.getValue() instanceof File file) {
                try (InputStream in = file.content().open()) {
                    Files.copy(in, modules.resolve(name));
                }
            }
        }
        Path home = work.resolve("runtime");
        // Not packed by jlink: the layer is, and packed twice is larger and starts more slowly.
        ToolRun.run(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "jlink").toString(),
                        "--module-path",
                        modules.toString(),
                        "--add-modules",
                        String.join(",", MODULES),
                        "--no-header-files",
                        "--no-man-pages",
                        "--output",
                        home.toString()),
                Map.of(),
                work.resolve("jlink.log"),
                LINK);
        return new Tree().putFolder(HOME.substring(1), home);
    }
}
