package dev.lunaria.e2e.installation;

import java.io.IOException;
import java.nio.file.Path;

/** An installation for one test class, in a folder of its own; {@link #remove} leaves nothing. */
public final class InstallationUnderTest {
    private final Path folder;
    private final Installation installation;

    private InstallationUnderTest(Path folder, Installation installation) {
        this.folder = folder;
        this.installation = installation;
    }

    /** Starts target server and controller below {@code /var/tmp/lunaria-<name>}. */
    public static InstallationUnderTest start(String name) throws Exception {
        Requirements.blockDevices();
        Distribution programs = Requirements.programs();
        Path folder = Path.of("/var/tmp/lunaria-" + name);
        var _ = Leftovers.remove(folder);
        try {
            return new InstallationUnderTest(
                    folder,
                    Installation.start(new Layout(folder), programs, Installation.freePort()));
        } catch (IOException | RuntimeException e) {
            var _ = Leftovers.remove(folder);
            throw e;
        }
    }

    public Installation installation() {
        return installation;
    }

    /** Stops all programs and removes the folder. */
    public void remove() throws Exception {
        try {
            installation.stop();
        } finally {
            var _ = Leftovers.remove(folder);
        }
    }
}
