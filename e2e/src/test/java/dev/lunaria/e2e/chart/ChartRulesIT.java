package dev.lunaria.e2e.chart;

import static dev.lunaria.e2e.chart.Manifests.containers;
import static dev.lunaria.e2e.chart.Manifests.elements;
import static dev.lunaria.e2e.chart.Manifests.name;
import static dev.lunaria.e2e.chart.Manifests.texts;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.controller.setup.InstallationNames;
import dev.lunaria.service.cli.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** What the rendered objects have to be, whatever else changes in them. */
final class ChartRulesIT {

    private static final Set<String> PRIVILEGED = Set.of("node", "disk");
    private static final InstallationNames NAMES = new InstallationNames(Helm.NAMESPACE);

    private static Manifests bare;
    private static Manifests withTargets;
    private static Manifests full;

    @BeforeAll
    static void render() {
        Helm helm = Helm.found();
        bare = render(helm, "default");
        withTargets = render(helm, "one-node");
        full = render(helm, "full");
    }

    private static Manifests render(Helm helm, String values) {
        Helm.Output rendered = helm.template(Helm.CHART.resolve("tests/" + values + ".yaml"));
        assertThat(rendered.code()).as(rendered.out()).isZero();
        return Manifests.parse(rendered.out());
    }

    static Stream<Manifests> renderings() {
        return Stream.of(bare, withTargets, full);
    }

    /** A Service named lunaria-controller would put LUNARIA_CONTROLLER_PORT into each container. */
    @ParameterizedTest
    @MethodSource("renderings")
    void noServiceBecomesASettingOfAProgram(Manifests manifests) {
        assertThat(manifests.pods())
                .isNotEmpty()
                .allMatch(pod -> pod.path("enableServiceLinks").isBoolean())
                .noneMatch(pod -> pod.path("enableServiceLinks").asBoolean());
    }

    @ParameterizedTest
    @MethodSource("renderings")
    void onlyNodePluginAndDiskProcessArePrivileged(Manifests manifests) {
        List<JsonNode> containers = manifests.pods().flatMap(Manifests::containers).toList();

        assertThat(containers)
                .filteredOn(one -> one.at("/securityContext/privileged").asBoolean(false))
                .extracting(one -> one.path("name").asString())
                .containsOnlyOnceElementsOf(PRIVILEGED)
                .hasSize(PRIVILEGED.size());
        assertThat(containers)
                .allMatch(one -> one.at("/securityContext/readOnlyRootFilesystem").asBoolean(false))
                .filteredOn(one -> !one.at("/securityContext/privileged").asBoolean(false))
                .allMatch(one ->
                        texts(one.at("/securityContext/capabilities/drop")).equals(List.of("ALL")))
                .noneMatch(
                        one -> one.at("/securityContext/allowPrivilegeEscalation").asBoolean(true));
    }

    @ParameterizedTest
    @MethodSource("renderings")
    void everyImageHasATagAndEveryContainerRequestsSomething(Manifests manifests) {
        assertThat(manifests.pods().flatMap(Manifests::containers))
                .allMatch(one -> one.path("image").asString().matches("\\S+/\\S+:[^:/\\s]+"))
                .allMatch(one -> one.at("/resources/requests/memory").isString());
    }

    /**
     * Rolled out, it would take the mounts of all nodes away, and so would a probe or the OOM
     * killer.
     */
    @ParameterizedTest
    @MethodSource("renderings")
    void nothingEndsADiskProcessByItself(Manifests manifests) {
        JsonNode disk = manifests.only("DaemonSet", "lunaria-disk");
        JsonNode container = disk.at("/spec/template/spec/containers/0");

        assertThat(disk.at("/spec/updateStrategy/type").asString()).isEqualTo("OnDelete");
        assertThat(container.has("livenessProbe")).isFalse();
        assertThat(container.has("startupProbe")).isFalse();
        assertThat(container.at("/resources/limits").isMissingNode()).isTrue();
        assertThat(disk.at("/spec/template/spec/priorityClassName").asString())
                .isEqualTo("system-node-critical");
    }

    @ParameterizedTest
    @MethodSource("renderings")
    void mountsOfBothAreSeenByKubeletAndNamesAreFoundOnTheHostsNetwork(Manifests manifests) {
        for (String daemon : List.of("lunaria-node", "lunaria-disk")) {
            JsonNode pod = manifests.only("DaemonSet", daemon).at("/spec/template/spec");

            assertThat(pod.path("hostNetwork").asBoolean()).isTrue();
            assertThat(pod.path("dnsPolicy").asString()).isEqualTo("ClusterFirstWithHostNet");
            assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
            assertThat(elements(pod.path("tolerations")))
                    .anyMatch(one ->
                            one.path("operator").asString().equals("Exists") && !one.has("key"));
            assertThat(elements(pod.at("/containers/0/volumeMounts")))
                    .filteredOn(one -> one.path("name").asString().equals("kubelet"))
                    .singleElement()
                    .matches(one -> one.path("mountPropagation").asString().equals("Bidirectional"))
                    .matches(one ->
                            one.path("mountPath")
                                    .asString()
                                    .equals(hostPath(pod, "kubelet").asString()));
        }
    }

    private static JsonNode hostPath(JsonNode pod, String volume) {
        return elements(pod.path("volumes"))
                .filter(one -> one.path("name").asString().equals(volume))
                .findFirst()
                .orElseThrow()
                .at("/hostPath/path");
    }

    /** Keys and certificates of a template would be others at each rendering. */
    @ParameterizedTest
    @MethodSource("renderings")
    void nothingSecretIsRendered(Manifests manifests) {
        assertThat(manifests.ofKind("Secret")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("renderings")
    void secretsAreCalledAsTheSetUpCallsThem(Manifests manifests) {
        var used = new TreeSet<String>();
        manifests
                .pods()
                .flatMap(pod -> elements(pod.path("volumes")))
                .map(volume -> volume.at("/secret/secretName"))
                .filter(JsonNode::isString)
                .forEach(secret -> used.add(secret.asString()));
        var made = new TreeSet<String>();
        made.add(InstallationNames.KEYS);
        made.add(NAMES.controllerCertificate());
        made.add(NAMES.nodeCertificate());
        targets(manifests).forEach(target -> made.add(NAMES.targetCertificate(target)));
        manifests
                .ofKind("Service")
                .map(Manifests::name)
                .filter(name -> NAMES.metadataHost().startsWith(name + "." + Helm.NAMESPACE))
                .forEach(_ -> made.add(NAMES.metadataCertificate()));

        assertThat(used).isEqualTo(made);
        assertThat(targets(manifests))
                .allSatisfy(target ->
                        assertThat(NAMES.targetHost(target))
                                .startsWith(
                                        name(manifests.only("Service", "lunaria-target-" + target))
                                                + "."
                                                + Helm.NAMESPACE));
        assertThat(manifests.pods().flatMap(Manifests::containers))
                .filteredOn(one -> one.path("name").asString().equals("target"))
                .allMatch(one ->
                        texts(one.path("args"))
                                .contains("--allowed-client=" + NAMES.controllerHost()));
    }

    private static List<String> targets(Manifests manifests) {
        return manifests
                .ofKind("StatefulSet")
                .map(set -> set.at("/metadata/labels/lunaria.dev~1target").asString())
                .toList();
    }

    /** traps: evicted, moved or on another disk it would be a server without its pool. */
    @Test
    void aTargetStaysOnItsNode() {
        for (JsonNode set : full.ofKind("StatefulSet").toList()) {
            JsonNode pod = set.at("/spec/template/spec");
            JsonNode terms =
                    pod.at(
                            "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");

            assertThat(terms.at("/0/matchFields/0/key").asString()).isEqualTo("metadata.name");
            assertThat(terms.size()).isEqualTo(1);
            assertThat(set.at("/spec/replicas").asInt()).isEqualTo(1);
            assertThat(set.at("/spec/volumeClaimTemplates").isMissingNode()).isTrue();
            assertThat(elements(pod.path("tolerations")))
                    .filteredOn(one ->
                            one.path("key").asString().equals("node.kubernetes.io/unreachable"))
                    .singleElement()
                    .matches(one -> !one.has("tolerationSeconds"));
        }
        assertThat(withTargets.ofKind("PodDisruptionBudget")).isEmpty();
        assertThat(full.ofKind("PodDisruptionBudget"))
                .extracting(Manifests::name)
                .containsExactlyInAnyOrder("lunaria-controller", "lunaria-target-storage1");
    }

    @Test
    void aPoolIsMadeOnlyWhereThatWasAskedFor() {
        assertThat(initialize(full, "storage1")).isEqualTo("true");
        assertThat(initialize(full, "storage2")).isEqualTo("false");
    }

    private static String initialize(Manifests manifests, String target) {
        JsonNode pod =
                manifests.only("StatefulSet", "lunaria-target-" + target).at("/spec/template/spec");
        return containers(pod)
                .flatMap(one -> elements(one.path("env")))
                .filter(one -> one.path("name").asString().equals("INITIALIZE"))
                .map(one -> one.path("value").asString())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void beforeItIsUninstalledSomebodyLooks() {
        JsonNode job = bare.only("Job", "lunaria-uninstall");

        assertThat(job.at("/metadata/annotations/helm.sh~1hook").asString())
                .isEqualTo("pre-delete");
        assertThat(job.at("/spec/backoffLimit").asInt(-1)).isZero();
        assertThat(texts(job.at("/spec/template/spec/containers/0/args"))).contains("check-unused");
        assertThat(full.ofKind("Job"))
                .extracting(Manifests::name)
                .noneMatch("lunaria-uninstall"::equals);
    }

    @ParameterizedTest
    @MethodSource("renderings")
    void noRightIsForEverything(Manifests manifests) {
        List<JsonNode> rules =
                Stream.of("Role", "ClusterRole")
                        .flatMap(manifests::ofKind)
                        .flatMap(role -> elements(role.path("rules")))
                        .toList();
        assertThat(rules)
                .isNotEmpty()
                .allSatisfy(rule ->
                        assertThat(
                                        Stream.of("verbs", "resources", "apiGroups")
                                                .flatMap(part -> texts(rule.path(part)).stream()))
                                .noneMatch(text -> text.contains("*")));
        assertThat(manifests.ofKind("ClusterRole").flatMap(role -> elements(role.path("rules"))))
                .noneMatch(rule -> texts(rule.path("resources")).contains("secrets"));
        // Secrets are read by name alone.
        assertThat(rules)
                .filteredOn(rule -> texts(rule.path("resources")).contains("secrets"))
                .filteredOn(rule -> texts(rule.path("verbs")).contains("get"))
                .allMatch(rule -> !rule.path("resourceNames").isEmpty());
    }

    /** The list is what a real API server's audit log says the controller's code asks for. */
    @Test
    void theControllerMayDoWhatItsListSaysAndNoMore() throws IOException {
        Path list = Path.of("../controller/src/test/resources/kube-rights.txt");
        Set<String> listed =
                Files.readAllLines(list).stream()
                        .filter(line -> !line.isBlank() && !line.startsWith("#"))
                        .collect(toCollection(TreeSet::new));

        var granted =
                new TreeSet<>(rights("cluster", bare.only("ClusterRole", "lunaria-controller")));
        // Sidecars update theirs.
        rights("namespace", bare.only("Role", "lunaria-controller")).stream()
                .filter(right -> !right.equals("namespace coordination.k8s.io leases update"))
                .forEach(granted::add);
        assertThat(granted).isEqualTo(listed);
    }

    private static List<String> rights(String scope, JsonNode role) {
        var rights = new ArrayList<String>();
        for (JsonNode rule : elements(role.path("rules")).toList()) {
            for (String group : texts(rule.path("apiGroups"))) {
                for (String resource : texts(rule.path("resources"))) {
                    for (String verb : texts(rule.path("verbs"))) {
                        String named = group.isEmpty() ? "core" : group;
                        rights.add(String.join(" ", scope, named, resource, verb));
                    }
                }
            }
        }
        return rights;
    }

    @ParameterizedTest
    @MethodSource("renderings")
    void programsKnowTheirSettings(Manifests manifests) {
        List<JsonNode> ours =
                manifests
                        .pods()
                        .flatMap(Manifests::containers)
                        .filter(one -> one.path("image").asString().contains("/lunaria-"))
                        .filter(one -> !one.has("command"))
                        .toList();
        assertThat(ours).isNotEmpty();
        for (JsonNode container : ours) {
            String image = container.path("image").asString().replaceAll(".*/|:[^:/]*$", "");
            List<String> arguments = texts(container.path("args"));
            String table = program(image).settingsTable(arguments.getFirst());
            assertThat(arguments.subList(1, arguments.size()))
                    .allSatisfy(argument ->
                            assertThat(table)
                                    .contains("| `" + argument.replaceAll("^--|=.*", "") + "` |"));
            assertThat(elements(container.path("env")))
                    .allSatisfy(variable ->
                            assertThat(table)
                                    .contains("| `" + variable.path("name").asString() + "` |"));
        }
    }

    private static Program program(String name) {
        return switch (name) {
            case "lunaria-target" -> dev.lunaria.target.Main.program();
            case "lunaria-controller" -> dev.lunaria.controller.Main.program();
            case "lunaria-node" -> dev.lunaria.node.Main.program();
            default -> throw new IllegalArgumentException(name);
        };
    }

    @Test
    void theImagesTagIsTheProjectsVersion() throws IOException {
        String version =
                Files.readString(Path.of("../pom.xml"))
                        .replaceFirst("(?s).*?<artifactId>lunaria</artifactId>\\s*<version>", "")
                        .replaceFirst("(?s)<.*", "");

        assertThat(Files.readString(Helm.CHART.resolve("Chart.yaml")))
                .contains("\nappVersion: " + version + "\n");
    }
}
