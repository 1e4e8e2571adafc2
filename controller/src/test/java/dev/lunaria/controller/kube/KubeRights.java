package dev.lunaria.controller.kube;

import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the controller may do in its cluster: no more than it does, and no less. The list is what
 * charts grant; it is compared with what an API server's audit log says was used. No state.
 */
public final class KubeRights {

    private static final Path FILE = Path.of("src/test/resources/kube-rights.txt");
    private static final String NAME = "lunaria-controller";
    private static final int FORBIDDEN = 403;

    private KubeRights() {}

    /**
     * One right.
     *
     * @param scope "cluster" or "namespace": that of the controller
     * @param group API group; "core" for the one without a name
     * @param resource with "/" and the subresource, where it is of one
     */
    public record Right(String scope, String group, String resource, String verb)
            implements Comparable<Right> {

        static Right parse(String line) {
            String[] parts = line.strip().split(" +", -1);
            return new Right(parts[0], parts[1], parts[2], parts[3]);
        }

        @Override
        public String toString() {
            return String.join(" ", scope, group, resource, verb);
        }

        @Override
        public int compareTo(Right other) {
            return toString().compareTo(other.toString());
        }

        private PolicyRule rule() {
            return new PolicyRuleBuilder()
                    .withApiGroups(group.equals("core") ? "" : group)
                    .withResources(resource)
                    .withVerbs(verb)
                    .build();
        }
    }

    /** The list. */
    public static SortedSet<Right> granted() {
        try {
            return Files.readAllLines(FILE).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Right::parse)
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Grants the list to the controller's user, and nothing else. */
    static void grant(KubernetesClient admin, String namespace) {
        Map<String, List<PolicyRule>> rules =
                granted().stream()
                        .collect(
                                Collectors.groupingBy(
                                        Right::scope,
                                        Collectors.mapping(Right::rule, Collectors.toList())));
        var _ =
                admin.resource(
                                new ClusterRoleBuilder()
                                        .withNewMetadata()
                                        .withName(NAME)
                                        .endMetadata()
                                        .withRules(rules.getOrDefault("cluster", List.of()))
                                        .build())
                        .create();
        var _ =
                admin.resource(
                                new ClusterRoleBindingBuilder()
                                        .withNewMetadata()
                                        .withName(NAME)
                                        .endMetadata()
                                        .withNewRoleRef()
                                        .withApiGroup("rbac.authorization.k8s.io")
                                        .withKind("ClusterRole")
                                        .withName(NAME)
                                        .endRoleRef()
                                        .addNewSubject()
                                        .withKind("User")
                                        .withName(ApiServer.CONTROLLER)
                                        .endSubject()
                                        .build())
                        .create();
        var _ =
                admin.resource(
                                new RoleBuilder()
                                        .withNewMetadata()
                                        .withNamespace(namespace)
                                        .withName(NAME)
                                        .endMetadata()
                                        .withRules(rules.getOrDefault("namespace", List.of()))
                                        .build())
                        .create();
        var _ =
                admin.resource(
                                new RoleBindingBuilder()
                                        .withNewMetadata()
                                        .withNamespace(namespace)
                                        .withName(NAME)
                                        .endMetadata()
                                        .withNewRoleRef()
                                        .withApiGroup("rbac.authorization.k8s.io")
                                        .withKind("Role")
                                        .withName(NAME)
                                        .endRoleRef()
                                        .addNewSubject()
                                        .withKind("User")
                                        .withName(ApiServer.CONTROLLER)
                                        .endSubject()
                                        .build())
                        .create();
    }

    /** What the controller's user asked for and got. */
    public static SortedSet<Right> used(Path auditLog) {
        return audited(auditLog, false);
    }

    /** What it asked for and didn't get. */
    public static SortedSet<Right> refused(Path auditLog) {
        return audited(auditLog, true);
    }

    private static SortedSet<Right> audited(Path auditLog, boolean refused) {
        var json = new JsonMapper();
        try {
            return Files.readAllLines(auditLog).stream()
                    .map(json::readTree)
                    .filter(event -> event.has("objectRef"))
                    .filter(event ->
                            (event.path("responseStatus").path("code").asInt(0) == FORBIDDEN)
                                    == refused)
                    .map(KubeRights::right)
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Right right(JsonNode event) {
        JsonNode object = event.path("objectRef");
        String group = object.path("apiGroup").asString("core");
        String subresource = object.path("subresource").asString("");
        String resource = object.path("resource").asString("");
        return new Right(
                resource.equals("leases") ? "namespace" : "cluster",
                group,
                subresource.isEmpty() ? resource : resource + "/" + subresource,
                event.path("verb").asString(""));
    }
}
