package dev.lunaria.target;

import dev.lunaria.service.cli.CommonOptions;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.state.SingleInstance;
import dev.lunaria.service.state.StateFolder;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogException;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.PoolIdentity;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code lunaria-target init}: makes a pool of an empty folder, once and explicitly. A server never
 * does so by itself: a filesystem that isn't mounted would look like an empty pool. Main thread.
 */
@Command(
        name = "init",
        description = "Make a pool of an empty folder, and print the document that registers it.")
final class InitCommand implements Callable<Integer> {

    private static final Pattern CLUSTER_ID =
            Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--pool",
            required = true,
            paramLabel = "FOLDER",
            description = "The folder; empty, or not there yet.")
    private @Nullable Path pool;

    @Option(
            names = "--cluster-id",
            required = true,
            paramLabel = "ID",
            description =
                    "Id of the cluster whose volumes the pool will hold: 1 to 63 of a-z, 0-9, - and .;"
                            + " the same in the controller's settings.")
    private String clusterId = "";

    @Option(
            names = "--admin",
            paramLabel = "ENDPOINT",
            description =
                    "Admin endpoint that the printed document names, unix:///path or host:port.")
    private @Nullable Endpoint admin;

    @Option(
            names = "--portal",
            paramLabel = "HOST:PORT",
            description = "Portal that the printed document names.")
    private @Nullable Endpoint portal;

    @Override
    public Integer call() throws IOException {
        if (!CLUSTER_ID.matcher(clusterId).matches()) {
            throw new StartupException(
                    "--cluster-id '%s' is not 1 to 63 of a-z, 0-9, - and .".formatted(clusterId));
        }
        if (pool == null || spec == null) {
            throw new IllegalStateException("picocli fills what is required");
        }
        Path folder = StateFolder.open(pool);
        PoolIdentity identity = new PoolIdentity(UUID.randomUUID().toString(), clusterId);
        try (SingleInstance _ = SingleInstance.acquire(folder)) {
            Catalog.initialise(new FolderFiles(folder), identity);
        } catch (CatalogException e) {
            throw new StartupException("pool %s: %s".formatted(folder, e.getMessage()), e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(document(identity));
        out.flush();
        return 0;
    }

    /** The StorageTarget that registers the pool with the controller. */
    private String document(PoolIdentity identity) {
        return """
        # Pool %1$s was made. Register it: put this document into the registry.
        apiVersion: lunaria.dev/v1alpha1
        kind: StorageTarget
        metadata:
          name: %1$s
        spec:
          pool: %1$s
          endpoint: "%2$s"
          portals:
            - "%3$s"
        """
                .formatted(
                        identity.pool(),
                        admin == null ? "unix:///run/lunaria/target.sock" : admin,
                        portal == null ? "127.0.0.1:3260" : portal);
    }
}
