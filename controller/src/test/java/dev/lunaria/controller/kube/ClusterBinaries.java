package dev.lunaria.controller.kube;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where etcd and kube-apiserver are: in the folder that LUNARIA_CLUSTER_BIN names, otherwise the
 * newest in the cache of built clusters. Immutable.
 *
 * @param folder holds both
 */
record ClusterBinaries(Path folder) {

    /** The environment's word for where they are. */
    static final String VARIABLE = "LUNARIA_CLUSTER_BIN";

    static final String MISSING =
            "etcd and kube-apiserver are neither in the folder that "
                    + VARIABLE
                    + " names nor in ~/.cache/lunaria/cluster/*/bin";

    Path etcd() {
        return folder.resolve("etcd");
    }

    Path apiServer() {
        return folder.resolve("kube-apiserver");
    }

    private boolean areThere() {
        return Files.isExecutable(etcd()) && Files.isExecutable(apiServer());
    }

    /** Empty where there are none: then there is nothing to test against. */
    static Optional<ClusterBinaries> find() {
        String named = System.getenv(VARIABLE);
        if (named != null) {
            return Optional.of(new ClusterBinaries(Path.of(named)))
                    .filter(ClusterBinaries::areThere);
        }
        return cached().stream().filter(ClusterBinaries::areThere).findFirst();
    }

    private static List<ClusterBinaries> cached() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path clusters =
                (cache == null
                                ? Path.of(System.getProperty("user.home"), ".cache")
                                : Path.of(cache))
                        .resolve("lunaria/cluster");
        var found = new ArrayList<Path>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(clusters)) {
            folders.forEach(folder -> found.add(folder.resolve("bin")));
        } catch (IOException e) {
            return List.of();
        }
        return found.stream()
                .sorted(Comparator.comparing(ClusterBinaries::changed).reversed())
                .map(ClusterBinaries::new)
                .toList();
    }

    private static FileTime changed(Path folder) {
        try {
            return Files.getLastModifiedTime(folder);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
