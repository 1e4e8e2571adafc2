package dev.lunaria.controller;

import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.secret.InstallationKeys;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria-controller create-key}: makes an installation key. Main thread. */
@Command(
        name = "create-key",
        description =
                "Make a key from which CHAP secrets are derived, and let new grants use it; older keys stay.")
final class CreateKeyCommand implements Callable<Integer>, Bounded {

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Option(
            names = "--keys",
            defaultValue = "/etc/lunaria/keys",
            paramLabel = "FOLDER",
            description = "Folder of the installation's keys; made where it isn't there.")
    private Path keys = Path.of("/etc/lunaria/keys");

    @Option(names = "--id", required = true, paramLabel = "ID", description = "The key's name.")
    private String id = "";

    @Override
    public Map<String, Bound> bounds() {
        return Map.of("--id", new Bound.Form(InstallationKeys.ID, InstallationKeys.ID_WORDS));
    }

    /**
     * Its settings. Immutable.
     *
     * @param keys the folder
     * @param id the new key's name
     */
    record KeySettings(Path keys, String id) {}

    KeySettings settings() {
        return new KeySettings(keys, id);
    }

    @Override
    public Integer call() {
        KeySettings settings = settings();
        InstallationKeys.create(settings.keys(), settings.id());
        return 0;
    }
}
