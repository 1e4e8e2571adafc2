package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.net.CallerCheck.Verdict;
import dev.lunaria.service.secret.Secret;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tokens and taints as a real API server has them. */
@ExtendWith(ApiServerExtension.class)
final class ApiServerNodesIT {

    private static final String ACCOUNT = "lunaria-node";

    private final KubernetesClient admin;
    private final String name = "n" + UUID.randomUUID();
    private Node node;
    private Pod pod;

    ApiServerNodesIT(ApiServer server) {
        this.admin = server.admin();
    }

    @BeforeEach
    void addNodeWithPod() {
        var _ =
                admin.resource(
                                new NamespaceBuilder()
                                        .withNewMetadata()
                                        .withName(name)
                                        .endMetadata()
                                        .build())
                        .create();
        var _ =
                admin.resource(
                                new ServiceAccountBuilder()
                                        .withNewMetadata()
                                        .withNamespace(name)
                                        .withName(ACCOUNT)
                                        .endMetadata()
                                        .build())
                        .create();
        node =
                admin.resource(
                                new NodeBuilder()
                                        .withNewMetadata()
                                        .withName(name)
                                        .endMetadata()
                                        .build())
                        .create();
        pod =
                admin.resource(
                                new PodBuilder()
                                        .withNewMetadata()
                                        .withNamespace(name)
                                        .withName("plugin")
                                        .endMetadata()
                                        .withNewSpec()
                                        .withServiceAccountName(ACCOUNT)
                                        .withNodeName(name)
                                        .addNewContainer()
                                        .withName("node")
                                        .withImage("none")
                                        .endContainer()
                                        .endSpec()
                                        .build())
                        .create();
    }

    @AfterEach
    void remove() {
        var _ = admin.pods().inNamespace(name).withName("plugin").withGracePeriod(0).delete();
        var _ = admin.nodes().withName(name).delete();
        admin.close();
    }

    private Verdict check(String audience) {
        String token =
                admin.serviceAccounts()
                        .inNamespace(name)
                        .withName(ACCOUNT)
                        .tokenRequest(
                                new TokenRequestBuilder()
                                        .withNewSpec()
                                        .withAudiences(audience)
                                        .withExpirationSeconds(600L)
                                        .withNewBoundObjectRef()
                                        .withApiVersion("v1")
                                        .withKind("Pod")
                                        .withName(pod.getMetadata().getName())
                                        .withUid(pod.getMetadata().getUid())
                                        .endBoundObjectRef()
                                        .endSpec()
                                        .build())
                        .getStatus()
                        .getToken();
        return new NodeTokens(admin, name, ACCOUNT).check(Secret.of(token));
    }

    @Test
    void aPodsTokenSaysOnWhichNodeItIs() {
        assertThat(check(NodeTokens.AUDIENCE)).isEqualTo(new Verdict.Known(name));
    }

    @Test
    void oneForAnotherAudienceIsRefused() {
        assertThat(check("https://kubernetes.default.svc")).isInstanceOf(Verdict.Refused.class);
        assertThat(new NodeTokens(admin, name, ACCOUNT).check(Secret.of("nonsense")))
                .isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void aTaintIsSetFromTheVersionThatWasReadAlone() {
        var nodes = new ClusterNodes(admin);
        Taint ours = new TaintBuilder().withKey(ClusterNodes.TAINT).withEffect("NoExecute").build();
        Taint other = new TaintBuilder().withKey("disks").withEffect("NoSchedule").build();
        var rounds = new int[1];

        boolean changed =
                nodes.retaint(
                        name,
                        _ -> {
                            if (rounds[0]++ == 0) {
                                var _ =
                                        admin.nodes()
                                                .withName(name)
                                                .edit(now ->
                                                        new NodeBuilder(now)
                                                                .editOrNewSpec()
                                                                .withTaints(other)
                                                                .endSpec()
                                                                .build());
                            }
                            return List.of(ours);
                        });
        assertThat(changed).isTrue();
        assertThat(rounds[0]).isEqualTo(2);
        assertThat(ClusterNodes.Seen.taints(admin.nodes().withName(name).require()))
                .containsExactly(ours);
        assertThat(node.getMetadata().getName()).isEqualTo(name);
    }
}
