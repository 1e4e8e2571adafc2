package dev.lunaria.controller.kube;

import dev.lunaria.registry.Kind;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.util.HashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The client library's own API server: keeps whatever it is given. Owned by one test. Knows neither
 * schemas nor rights, nor what a deletion asks for beforehand.
 */
final class MockCluster implements AutoCloseable {

    /** It logs every request; kept, as the logging framework forgets loggers. */
    private static final Logger REQUESTS = Logger.getLogger(MockWebServer.class.getName());

    static {
        REQUESTS.setLevel(Level.WARNING);
    }

    private final KubernetesMockServer server;
    private final KubernetesClient client;

    MockCluster() {
        var dispatcher = new KubernetesCrudDispatcher();
        server =
                new KubernetesMockServer(
                        new Context(), new MockWebServer(), new HashMap<>(), dispatcher, false);
        server.init();
        for (Kind<?> kind : Kind.ALL) {
            server.expectCustomResource(
                    new CustomResourceDefinitionContext.Builder()
                            .withGroup(Kind.GROUP)
                            .withVersion(Kind.VERSION)
                            .withKind(kind.name())
                            .withPlural(kind.plural())
                            .withScope("Cluster")
                            .withStatusSubresource(true)
                            .build());
        }
        client = server.createClient();
    }

    KubernetesClient client() {
        return client;
    }

    @Override
    public void close() {
        client.close();
        server.destroy();
    }
}
