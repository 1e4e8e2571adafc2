package dev.lunaria.controller;

import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.secret.InstallationKeys;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lunaria-controller create-key}: makes an installation key. Main thread. */
@Command(
        name = "create-key",
        description =
                "Make a key from which CHAP secrets are derived, and let new grants use it; older keys stay.")
final class CreateKeyCommand implements Callable<Integer> {

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Option(
            names = "--keys",
            defaultValue = "/etc/lunaria/keys",
            paramLabel = "FOLDER",
            description =
                    "Folder of the installation's keys; made where it isn't there. Default /etc/lunaria/keys.")
    private Path keys = Path.of("/etc/lunaria/keys");

    @Option(
            names = "--id",
            required = true,
            paramLabel = "ID",
            description = "The key's name: lower-case letters, digits, hyphens, at most 32.")
    private String id = "";

    @Override
    public Integer call() {
        InstallationKeys.create(keys, id);
        return 0;
    }
}
