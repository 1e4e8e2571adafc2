package dev.lunaria.controller.kube;

import dev.lunaria.registry.Kind;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a real API server that knows Lunaria's kinds: one for all tests of a JVM, started
 * with the first that wants it. Where there are no binaries, tests are skipped and say so.
 */
final class ApiServerExtension implements ExecutionCondition, ParameterResolver {

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(ApiServerExtension.class);

    private static final long READY_SECONDS = 30;

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return ClusterBinaries.find()
                .map(found -> ConditionEvaluationResult.enabled("binaries in " + found.folder()))
                .orElseGet(() -> ConditionEvaluationResult.disabled(ClusterBinaries.MISSING));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == ApiServer.class;
    }

    @Override
    public ApiServer resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(ApiServer.class, missing -> startWithKinds(), ApiServer.class);
    }

    private static ApiServer startWithKinds() {
        ApiServer server = ApiServer.start(ClusterBinaries.find().orElseThrow());
        try (KubernetesClient admin = server.admin()) {
            for (Kind<?> kind : Kind.ALL) {
                install(admin, kind);
            }
        }
        return server;
    }

    private static void install(KubernetesClient admin, Kind<?> kind) {
        try (var file = Files.newInputStream(CustomResourceDefinitionsTest.file(kind))) {
            var definitions = admin.apiextensions().v1().customResourceDefinitions();
            var _ = definitions.load(file).create();
            var _ =
                    definitions
                            .withName(kind.plural() + "." + Kind.GROUP)
                            .waitUntilCondition(
                                    ApiServerExtension::isEstablished,
                                    READY_SECONDS,
                                    TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isEstablished(@Nullable CustomResourceDefinition definition) {
        return definition != null
                && definition.getStatus() != null
                && definition.getStatus().getConditions() != null
                && definition.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                condition.getType().equals("Established")
                                        && condition.getStatus().equals("True"));
    }

    /** Removes what earlier tests left. */
    static void clear(KubernetesClient admin) {
        for (Kind<?> kind : Kind.ALL) {
            var _ = admin.genericKubernetesResources(CustomResources.context(kind)).delete();
        }
    }
}
