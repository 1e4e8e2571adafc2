package dev.lunaria.controller.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.service.net.CallerCheck.Verdict;
import dev.lunaria.service.secret.Secret;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the API server says of a token, and what it makes of the caller (KEP-4193). */
final class NodeTokensIT {

    private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
    private static final String OURS = "system:serviceaccount:storage:lunaria-node";
    private static final Map<String, List<String>> ON_MYBOX0 =
            Map.of("authentication.kubernetes.io/node-name", List.of("mybox0"));

    private final KubernetesMockServer server = new KubernetesMockServer(false);
    private KubernetesClient client;

    @BeforeEach
    void start() {
        server.init();
        client = server.createClient();
    }

    @AfterEach
    void stop() {
        client.close();
        server.destroy();
    }

    private Verdict verdict(int code, TokenReview answer) {
        server.expect().post().withPath(PATH).andReturn(code, answer).always();
        return new NodeTokens(client, "storage", "lunaria-node").check(Secret.of("token"));
    }

    private static TokenReview answer(
            boolean authenticated, String audience, String user, Map<String, List<String>> extra) {
        return new TokenReviewBuilder()
                .withNewStatus()
                .withAuthenticated(authenticated)
                .withAudiences(audience)
                .withNewUser()
                .withUsername(user)
                .withExtra(extra)
                .endUser()
                .endStatus()
                .build();
    }

    @Test
    void aTokenOfThePodOnANodeIsThatNodes() {
        assertThat(
                        verdict(
                                HttpURLConnection.HTTP_CREATED,
                                answer(true, NodeTokens.AUDIENCE, OURS, ON_MYBOX0)))
                .isEqualTo(new Verdict.Known("mybox0"));
    }

    @Test
    void oneThatTheApiServerDoesntVouchForIsNobodys() {
        assertThat(
                        verdict(
                                HttpURLConnection.HTTP_CREATED,
                                answer(false, NodeTokens.AUDIENCE, OURS, ON_MYBOX0)))
                .isInstanceOf(Verdict.Refused.class);
    }

    /** A token that a pod was given for somebody else could be passed on by that one. */
    @Test
    void oneForAnotherAudienceIsNobodys() {
        assertThat(
                        verdict(
                                HttpURLConnection.HTTP_CREATED,
                                answer(true, "https://vault.example.org", OURS, ON_MYBOX0)))
                .isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void oneOfAnotherAccountIsNobodys() {
        assertThat(
                        verdict(
                                HttpURLConnection.HTTP_CREATED,
                                answer(
                                        true,
                                        NodeTokens.AUDIENCE,
                                        "system:serviceaccount:apps:lunaria-node",
                                        ON_MYBOX0)))
                .isEqualTo(
                        new Verdict.Refused(
                                "the token is of system:serviceaccount:apps:lunaria-node, not of "
                                        + OURS));
    }

    @Test
    void oneThatIsBoundToNoNodeIsNobodys() {
        assertThat(
                        verdict(
                                HttpURLConnection.HTTP_CREATED,
                                answer(true, NodeTokens.AUDIENCE, OURS, Map.of())))
                .isInstanceOfSatisfying(
                        Verdict.Refused.class,
                        refused -> assertThat(refused.why()).contains("Kubernetes 1.30"));
    }

    @Test
    void whereNobodyCanBeAskedItIsRepeated() {
        assertThat(
                        verdict(
                                HttpURLConnection.HTTP_FORBIDDEN,
                                answer(false, NodeTokens.AUDIENCE, OURS, ON_MYBOX0)))
                .isInstanceOfSatisfying(
                        Verdict.Unchecked.class,
                        unchecked -> assertThat(unchecked.why()).contains("tokenreviews"));
    }
}
