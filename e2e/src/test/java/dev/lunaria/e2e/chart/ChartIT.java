package dev.lunaria.e2e.chart;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The chart renders as it did: each file of values in charts/lunaria/tests has its rendering beside
 * this test, which {@code -Dlunaria.documents=write} writes anew. And it refuses values that can't
 * be, by name.
 */
final class ChartIT {

    private static final Path GOLDENS = Path.of("src/test/resources/chart");

    /** Of the definitions' contents, which belong to other tests. */
    private static final Pattern HASH = Pattern.compile("lunaria-setup-[0-9a-f]{8}");

    private static final String DEFINITIONS = "# Source: lunaria/templates/setup/definitions.yaml";
    private static final String SEPARATOR = "---\n";
    private static final Pattern DOCUMENTS = Pattern.compile("^" + SEPARATOR, Pattern.MULTILINE);

    private static Helm helm;

    @TempDir Path folder;

    @BeforeAll
    static void find() {
        helm = Helm.found();
    }

    private static Path values(String name) {
        return Helm.CHART.resolve("tests").resolve(name + ".yaml");
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "one-node", "full", "cert-manager"})
    void itHasNoLint(String values) {
        Helm.Output lint = helm.lint(values(values));

        assertThat(lint.code()).as(lint.out()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "one-node", "full", "cert-manager"})
    void itRendersAsItDid(String values) throws IOException {
        Helm.Output rendered = helm.template(values(values));
        assertThat(rendered.code()).as(rendered.out()).isZero();

        compare(GOLDENS.resolve(values + ".yaml"), comparable(rendered.out()));
    }

    @Test
    void thePlainManifestsAreTheChart() throws IOException {
        Helm.Output rendered = helm.plain();
        assertThat(rendered.code()).as(rendered.out()).isZero();

        compare(Helm.ROOT.resolve("deploy/kubernetes/lunaria.yaml"), rendered.out());
    }

    private static void compare(Path golden, String rendered) throws IOException {
        if ("write".equals(System.getProperty("lunaria.documents"))) {
            Files.writeString(golden, rendered);
        }
        assertThat(rendered)
                .as("run with -Dlunaria.documents=write to write %s anew", golden)
                .isEqualTo(Files.exists(golden) ? Files.readString(golden) : "");
    }

    private static String comparable(String rendered) {
        String kept =
                DOCUMENTS
                        .splitAsStream(rendered)
                        .filter(one -> !one.isBlank() && !one.startsWith(DEFINITIONS))
                        .map(one -> SEPARATOR + one)
                        .collect(joining());
        return HASH.matcher(kept).replaceAll("lunaria-setup-HASH");
    }

    /** Each is one wrong value, and what has to be said of it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "colour: red | additional properties 'colour' not allowed",
                "clusterId: Prod_1 | at '/clusterId'",
                "kubeletDir: var/lib/kubelet | at '/kubeletDir'",
                "kubeletDir: /var/lib/kubelet/ | at '/kubeletDir'",
                "stateDir: null | missing property 'stateDir'",
                "log: {level: loud} | at '/log/level'",
                "images: {pullPolicy: Sometimes} | at '/images/pullPolicy'",
                "images: {tag: 'a b'} | at '/images/tag'",
                "images: {registry: x} | additional properties 'registry' not allowed",
                "controller: {replicas: 0} | at '/controller/replicas'",
                "controller: {replicas: two} | at '/controller/replicas'",
                "controller: {ports: {registry: 0}} | at '/controller/ports/registry'",
                "controller: {resources: {limit: {memory: 1Gi}}} | additional properties 'limit' not allowed",
                "controller: {resources: {limits: {memory: lots}}} | at '/controller/resources/limits/memory'",
                "sidecars: {timeout: 60} | at '/sidecars/timeout'",
                "sidecars: {kubeApi: {qps: 0}} | at '/sidecars/kubeApi/qps'",
                "sidecars: {tags: {livenessprobe: v1}} | additional properties 'livenessprobe' not allowed",
                "node: {ports: {health: 80}} | at '/node/ports/health'",
                "node: {maxUnavailable: 0%} | at '/node/maxUnavailable'",
                "node: {diskResources: {limits: {memory: 1Gi}}} | additional properties 'limits' not allowed",
                "node: {queueDepth: 129} | at '/node/queueDepth'",
                "node: {digests: md5} | at '/node/digests'",
                "node: {startupTaint: NoExecute} | at '/node/startupTaint'",
                "metrics: {prometheusRule: {enabled: 1}} | at '/metrics/prometheusRule/enabled'",
                "metrics: {dashboards: {folder: Storage}} | additional properties 'folder' not allowed",
                "targets: {storage1: {initialize: true}} | missing property 'node'",
                "targets: {storage1: {node: a, initialise: true}} | additional properties 'initialise' not allowed",
                "targets: {storage1: {node: a, hostPath: /a, existingClaim: b}} | at '/targets/storage1'",
                "targets: {storage1: {node: a, hostPath: /}} | at '/targets/storage1/hostPath'",
                "targets: {Storage_1: {node: a}} | invalid propertyName 'Storage_1'",
                "targets: {storage1: {node: a, overcommitPercent: 0}} | at '/targets/storage1/overcommitPercent'",
                "targetPorts: {iscsi: 70000} | at '/targetPorts/iscsi'",
                "setup: {schedule: daily} | at '/setup/schedule'",
                "setup: {patience: long} | at '/setup/patience'",
                "certificates: {mode: letsEncrypt} | at '/certificates/mode'",
                "certificates: {mode: certManager} | missing property 'name'",
                "certificates: {days: 1} | at '/certificates/days'",
                "certificates: {externalTargets: [10.0.0.5/24]} | at '/certificates/externalTargets/0'",
                "networkPolicy: {nodeCIDRs: [10.0.0.0]} | at '/networkPolicy/nodeCIDRs/0'",
                "networkPolicy: {enabled: 'yes'} | at '/networkPolicy/enabled'",
                "node: {sharedFilesystems: {outageSeconds: 29}} | at '/node/sharedFilesystems/outageSeconds'",
                "storageClasses: {shared: {fsType: gfs2}} | at '/storageClasses/shared/fsType'",
                "storageClasses: {shared: {fsType: ocfs2}} | storageClasses.shared: volumes with ocfs2 don't grow",
                "storageClasses: {shared: {fsType: ocfs2, enabled: true, allowVolumeExpansion: false}} | set node.sharedFilesystems.enabled",
                "storageClasses: {fast: {target: a}} | missing property 'fsType'",
                "storageClasses: {fast: {fsType: ext4, iopsLimit: 5}} | at '/storageClasses/fast/iopsLimit'",
                "storageClasses: {fast: {fsType: ext4, reclaimPolicy: Recycle}} | at '/storageClasses/fast/reclaimPolicy'",
                "snapshots: {groups: true} | at '/snapshots/enabled'",
                "snapshots: {installController: true} | at '/snapshots/enabled'",
                "snapshotMetadata: {enabled: true} | at '/snapshots/enabled'",
                "topology: {nodeLabels: [lunaria.dev/node]} | at '/topology/nodeLabels/0'",
                "csiAlpha: 'on' | at '/csiAlpha'",
                "snapshots: {class: {deletionPolicy: Keep}} | at '/snapshots/class/deletionPolicy'",
                "uninstall: {force: please} | at '/uninstall/force'",
                "snapshot-controller: {replica: 1} | "
                        + "additional properties 'replica' not allowed",
            })
    void aWrongValueIsRefusedByName(String values, String said) throws IOException {
        String enabled =
                said.contains("replica'")
                        ? "snapshots: {enabled: true, installController: true}\n"
                        : "";

        Helm.Output rendered =
                helm.template(Files.writeString(folder.resolve("values.yaml"), enabled + values));

        assertThat(rendered.code()).isNotZero();
        assertThat(rendered.out()).contains(said);
    }
}
