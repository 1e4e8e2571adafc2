package dev.lunaria.controller.setup;

import java.nio.file.Path;

/** The cluster's CustomResourceDefinitions. */
@FunctionalInterface
public interface Definitions {

    /**
     * Makes the definition that is there what the file says; it has to be there.
     *
     * @throws dev.lunaria.service.cli.StartupException where the cluster refuses
     */
    void apply(Path file);
}
