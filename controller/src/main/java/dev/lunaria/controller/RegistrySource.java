package dev.lunaria.controller;

import dev.lunaria.service.cli.StartupException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where documents are kept. Immutable. */
sealed interface RegistrySource {

    /** Files in a folder. */
    record Folder(Path folder) implements RegistrySource {
        @Override
        public String toString() {
            return folder.toString();
        }
    }

    /**
     * Custom resources.
     *
     * @param kubeconfig how to reach the cluster; empty: as the pod's service account
     */
    record Kubernetes(Optional<Path> kubeconfig) implements RegistrySource {
        @Override
        public String toString() {
            return kubeconfig.map(file -> "the cluster of " + file).orElse("this cluster");
        }
    }

    /** What the setting may be. */
    enum Choice {
        FOLDER,
        KUBERNETES
    }

    /** {@link StartupException} where the settings contradict each other. */
    static RegistrySource ofSettings(Choice choice, Path folder, @Nullable Path kubeconfig) {
        return switch (choice) {
            case KUBERNETES -> new Kubernetes(Optional.ofNullable(kubeconfig));
            case FOLDER -> {
                if (kubeconfig != null) {
                    throw new StartupException(
                            "--kubeconfig is given, but documents are kept in a folder; add --registry kubernetes");
                }
                yield new Folder(folder.toAbsolutePath().normalize());
            }
        };
    }
}
