package dev.lunaria.target;

import dev.lunaria.service.cli.Bound;
import dev.lunaria.service.cli.Bounded;
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
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
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
final class InitCommand implements Callable<Integer>, Bounded {

    @SuppressWarnings("UnusedVariable") // read by Program
    @Mixin
    private CommonOptions common = new CommonOptions();

    @Spec private @Nullable CommandSpec spec;

    @Option(
            names = "--pool",
            required = true,
            paramLabel = "FOLDER",
            description = "The folder; empty, or not there yet.")
    private Path pool = Path.of("");

    @Option(
            names = "--cluster-id",
            required = true,
            paramLabel = "ID",
            description =
                    "Id of the cluster whose volumes the pool will hold; the same in the controller's"
                            + " settings.")
    private String clusterId = "";

    @Option(
            names = "--admin",
            defaultValue = "unix:///run/lunaria/target.sock",
            paramLabel = "ENDPOINT",
            description =
                    "Admin endpoint that the printed document names, unix:///path or host:port.")
    private Endpoint admin = Endpoint.parse("unix:///run/lunaria/target.sock");

    @Option(
            names = "--portal",
            defaultValue = "127.0.0.1:3260",
            paramLabel = "HOST:PORT",
            description = "Portal that the printed document names.")
    private Endpoint portal = Endpoint.parse("127.0.0.1:3260");

    @Override
    public Map<String, Bound> bounds() {
        return Map.of("--cluster-id", Bound.CLUSTER_ID, "--portal", new Bound.TcpAddress());
    }

    /**
     * Its settings. Immutable.
     *
     * @param pool the folder
     * @param clusterId of the cluster whose volumes the pool will hold
     * @param admin admin endpoint that the printed document names
     * @param portal portal that it names
     */
    record InitSettings(Path pool, String clusterId, Endpoint admin, Endpoint.Tcp portal) {}

    InitSettings settings() {
        return new InitSettings(pool, clusterId, admin, portal.tcp());
    }

    @Override
    public Integer call() throws IOException {
        InitSettings settings = settings();
        if (spec == null) {
            throw new IllegalStateException("picocli fills it");
        }
        Path folder = StateFolder.open(settings.pool());
        PoolIdentity identity =
                new PoolIdentity(UUID.randomUUID().toString(), settings.clusterId());
        try (SingleInstance _ = SingleInstance.acquire(folder)) {
            Catalog.initialise(new FolderFiles(folder), identity);
        } catch (CatalogException e) {
            throw new StartupException("pool %s: %s".formatted(folder, e.getMessage()), e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(document(identity, settings));
        out.flush();
        return 0;
    }

    /** The StorageTarget that registers the pool with the controller. */
    private static String document(PoolIdentity identity, InitSettings settings) {
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
                .formatted(identity.pool(), settings.admin(), settings.portal());
    }
}
