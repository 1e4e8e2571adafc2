package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.service.cli.StartupException;
import io.fabric8.kubernetes.client.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the cluster is reached: by what Kubernetes puts into a pod, or by one file. */
final class ClusterAccessTest {

    private static final Map<String, String> POD =
            Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "443");

    @TempDir Path folder;

    private Path serviceAccount() throws Exception {
        Files.writeString(folder.resolve("token"), "first\n");
        Files.writeString(folder.resolve("namespace"), "storage");
        Files.createFile(folder.resolve("ca.crt"));
        return folder;
    }

    @Test
    void aPodsServiceAccount() throws Exception {
        Config config = ClusterAccess.ofPod(serviceAccount(), POD);

        assertThat(config.getMasterUrl()).startsWith("https://[fd00::1]:443");
        assertThat(config.getNamespace()).isEqualTo("storage");
        assertThat(config.getCaCertFile()).isEqualTo(folder.resolve("ca.crt").toString());
    }

    @Test
    void aNewTokenIsUsedAtOnce() throws Exception {
        Config config = ClusterAccess.ofPod(serviceAccount(), POD);
        assertThat(config.getOauthTokenProvider().getToken()).isEqualTo("first");

        Files.writeString(folder.resolve("token"), "second\n");
        assertThat(config.getOauthTokenProvider().getToken()).isEqualTo("second");
    }

    @Test
    void noPodIsOneLine() {
        assertThatThrownBy(() -> ClusterAccess.ofPod(folder, POD))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--kubeconfig");
        assertThatThrownBy(() -> ClusterAccess.ofPod(folder, Map.of()))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--kubeconfig");
    }

    @Test
    void aKubeconfigsCurrentContextCounts() throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("kubeconfig"),
                        """
                        apiVersion: v1
                        kind: Config
                        current-context: here
                        contexts:
                        - name: here
                          context: {cluster: c, user: u, namespace: storage}
                        clusters:
                        - name: c
                          cluster: {server: "https://10.0.0.1:6443"}
                        users:
                        - name: u
                          user: {token: secret}
                        """);

        Config config = ClusterAccess.ofFile(file);
        assertThat(config.getMasterUrl()).startsWith("https://10.0.0.1:6443");
        assertThat(config.getNamespace()).isEqualTo("storage");
        assertThat(config.getRequestTimeout())
                .isEqualTo((int) ClusterAccess.REQUEST_TIMEOUT.toMillis());
    }

    @Test
    void whatIsNoKubeconfigIsOneLine() throws Exception {
        Path file = folder.resolve("kubeconfig");
        assertThatThrownBy(() -> ClusterAccess.ofFile(file))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("cannot read");

        for (String text :
                new String[] {"", "[}", "kind: Config\n", "current-context: nowhere\n"}) {
            Files.writeString(file, text);
            assertThatThrownBy(() -> ClusterAccess.ofFile(file))
                    .as(text)
                    .isInstanceOf(StartupException.class)
                    .message()
                    .contains("is no kubeconfig")
                    .doesNotContain("\n");
        }
    }
}
