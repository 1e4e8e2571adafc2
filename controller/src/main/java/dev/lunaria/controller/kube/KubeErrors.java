package dev.lunaria.controller.kube;

import static dev.lunaria.registry.RegistryException.Reason.UNAVAILABLE;
import static java.net.HttpURLConnection.HTTP_BAD_REQUEST;
import static java.net.HttpURLConnection.HTTP_CONFLICT;
import static java.net.HttpURLConnection.HTTP_FORBIDDEN;
import static java.net.HttpURLConnection.HTTP_NOT_FOUND;
import static java.net.HttpURLConnection.HTTP_UNAUTHORIZED;

import dev.lunaria.registry.Kind;
import dev.lunaria.registry.RegistryException;
import io.fabric8.kubernetes.client.KubernetesClientException;

/** The one map from what Kubernetes answers to what the registry says. No state. */
final class KubeErrors {

    private static final int HTTP_UNPROCESSABLE = 422;
    private static final int HTTP_SERVER_ERROR = 500;

    private KubeErrors() {}

    static boolean isNotFound(KubernetesClientException e) {
        return e.getCode() == HTTP_NOT_FOUND;
    }

    static boolean isConflict(KubernetesClientException e) {
        return e.getCode() == HTTP_CONFLICT;
    }

    /**
     * {@code UNAVAILABLE}, with what to do about it.
     *
     * @param verb what was asked for, as RBAC names it
     */
    static RegistryException unavailable(String verb, Kind<?> kind, KubernetesClientException e) {
        return new RegistryException(UNAVAILABLE, explain(verb, kind, e), e);
    }

    private static String explain(String verb, Kind<?> kind, KubernetesClientException e) {
        String resource = kind.plural() + "." + Kind.GROUP;
        return switch (e.getCode()) {
            case HTTP_UNAUTHORIZED ->
                    "the Kubernetes API doesn't accept the controller's credentials; check its service account, or the file of --kubeconfig";
            case HTTP_FORBIDDEN ->
                    "the controller may not %s %s; give its ClusterRole that verb (%s)"
                            .formatted(verb, resource, said(e));
            case HTTP_NOT_FOUND ->
                    "the cluster doesn't know %s; install the CustomResourceDefinitions of charts/lunaria/crds"
                            .formatted(resource);
            case HTTP_BAD_REQUEST, HTTP_UNPROCESSABLE ->
                    "the cluster refuses to %s this %s: %s; if its CustomResourceDefinition is of another version, apply the one of charts/lunaria/crds"
                            .formatted(verb, kind, said(e));
            default ->
                    e.getCode() >= HTTP_SERVER_ERROR
                            ? "the Kubernetes API failed to %s %s (%d: %s); try again"
                                    .formatted(verb, resource, e.getCode(), said(e))
                            : "the Kubernetes API couldn't be asked to %s %s: %s; try again"
                                    .formatted(verb, resource, said(e));
        };
    }

    /** One line of what the server, or else the connection to it, said. */
    static String said(KubernetesClientException e) {
        if (e.getStatus() != null && e.getStatus().getMessage() != null) {
            return firstLine(e.getStatus().getMessage());
        }
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null
                ? root.getClass().getSimpleName()
                : firstLine(root.getMessage());
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse(text);
    }
}
