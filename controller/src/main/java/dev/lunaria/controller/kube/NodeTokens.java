package dev.lunaria.controller.kube;

import dev.lunaria.service.net.CallerCheck;
import dev.lunaria.service.secret.Secret;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which node calls, by the token that kubelet gave to the node plugin's pod there: the
 * API server vouches for it, for the account, and for the node to which it is bound. Used by any
 * thread; keeps nothing, so that a token is of no use any more as soon as its pod is gone.
 */
final class NodeTokens implements CallerCheck {

    /** For whom tokens have to be made; one for anybody else says nothing here. */
    static final String AUDIENCE = "registry.lunaria.dev";

    /** Kubernetes 1.30 and newer (KEP-4193). */
    static final String NODE_NAME = "authentication.kubernetes.io/node-name";

    private static final Logger log = LoggerFactory.getLogger(NodeTokens.class);

    private final KubernetesClient client;
    private final String user;

    /**
     * @param namespace of the service account
     * @param account of the node plugins
     */
    NodeTokens(KubernetesClient client, String namespace, String account) {
        this.client = client;
        this.user = "system:serviceaccount:" + namespace + ":" + account;
    }

    @Override
    public Verdict check(Secret token) {
        TokenReview question =
                new TokenReviewBuilder()
                        .withNewSpec()
                        .withToken(token.revealText())
                        .withAudiences(AUDIENCE)
                        .endSpec()
                        .build();
        try {
            return verdict(client.tokenReviews().create(question).getStatus());
        } catch (KubernetesClientException e) {
            String why = KubeErrors.explain("create", "tokenreviews.authentication.k8s.io", e);
            log.atWarn()
                    .addKeyValue("error", why)
                    .log("A node's token can't be checked; the node tries again");
            return new Verdict.Unchecked("the token can't be checked: " + why);
        }
    }

    private Verdict verdict(TokenReviewStatus status) {
        if (!Boolean.TRUE.equals(status.getAuthenticated())
                || status.getAudiences() == null
                || !status.getAudiences().contains(AUDIENCE)) {
            return refused(
                    "the API server doesn't vouch for the token; it has to be of this cluster, for the audience "
                            + AUDIENCE);
        }
        if (!user.equals(status.getUser().getUsername())) {
            return refused(
                    "the token is of %s, not of %s"
                            .formatted(status.getUser().getUsername(), user));
        }
        return Optional.ofNullable(status.getUser().getExtra())
                .map((Map<String, List<String>> extra) -> extra.get(NODE_NAME))
                .filter(nodes -> nodes.size() == 1)
                .<Verdict>map(nodes -> new Verdict.Known(nodes.getFirst()))
                .orElseGet(() ->
                        refused(
                                "the token doesn't say on which node its pod is; that takes Kubernetes 1.30, and a token that kubelet put into the pod"));
    }

    private static Verdict refused(String why) {
        log.atWarn().addKeyValue("why", why).log("A call to the registry was refused");
        return new Verdict.Refused(why);
    }
}
