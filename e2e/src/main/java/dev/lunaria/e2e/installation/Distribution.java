package dev.lunaria.e2e.installation;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The programs as the build made them. Immutable.
 *
 * @param project the project's folder
 */
public record Distribution(Path project) {

    /** The distribution of the project that the working folder is in, if its programs are built. */
    public static Optional<Distribution> find() {
        for (Path folder = Path.of("").toAbsolutePath();
                folder != null;
                folder = folder.getParent()) {
            var distribution = new Distribution(folder);
            if (Files.isExecutable(distribution.targetServer())
                    && Files.isExecutable(distribution.controller())
                    && Files.isExecutable(distribution.nodePlugin())) {
                return Optional.of(distribution);
            }
        }
        return Optional.empty();
    }

    /** Launcher of the target server. */
    public Path targetServer() {
        return launcher("target-server", "lunaria-target");
    }

    /** Launcher of the controller. */
    public Path controller() {
        return launcher("controller", "lunaria-controller");
    }

    /** Launcher of the node plugin. */
    public Path nodePlugin() {
        return launcher("node-plugin", "lunaria-node");
    }

    private Path launcher(String module, String program) {
        return project.resolve(module).resolve("target/dist/bin").resolve(program);
    }
}
