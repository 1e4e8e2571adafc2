package dev.lunaria.controller.kube.secret;

import dev.lunaria.service.cli.StartupException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;

/** The one map from what Kubernetes answers to what the set-up says. No state. */
final class Refusals {

    private Refusals() {}

    /**
     * With what to do about it.
     *
     * @param verb what was asked for, as RBAC names it
     * @param what of what
     */
    static StartupException refused(String verb, String what, KubernetesClientException e) {
        return new StartupException(
                switch (e.getCode()) {
                    case HttpURLConnection.HTTP_FORBIDDEN ->
                            "the service account may not %s %s; install with the rights of the chart (%s)"
                                    .formatted(verb, what, said(e));
                    case HttpURLConnection.HTTP_UNAUTHORIZED ->
                            "the Kubernetes API doesn't accept these credentials";
                    default ->
                            "the Kubernetes API couldn't be asked to %s %s: %s; repeat"
                                    .formatted(verb, what, said(e));
                },
                e);
    }

    private static String said(KubernetesClientException e) {
        String message =
                e.getStatus() != null && e.getStatus().getMessage() != null
                        ? e.getStatus().getMessage()
                        : String.valueOf(e.getMessage());
        return message.lines().findFirst().orElse(message);
    }
}
