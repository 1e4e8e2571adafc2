package dev.lunaria.service.secret;

import dev.lunaria.service.cli.Reloadable;
import java.nio.file.Path;
import java.util.function.Supplier;

/** The installation's keys as they were loaded last. Any thread asks; one thread reloads. */
public final class LiveKeys implements Reloadable, Supplier<InstallationKeys> {
    private final Path folder;
    private volatile InstallationKeys keys;

    private LiveKeys(Path folder) {
        this.folder = folder;
        this.keys = InstallationKeys.read(folder);
    }

    /**
     * Reads the keys of a folder.
     *
     * @throws dev.lunaria.service.cli.StartupException as {@link InstallationKeys#read}
     */
    public static LiveKeys of(Path folder) {
        return new LiveKeys(folder);
    }

    @Override
    public void reload() {
        keys = InstallationKeys.read(folder);
    }

    @Override
    public InstallationKeys get() {
        return keys;
    }
}
