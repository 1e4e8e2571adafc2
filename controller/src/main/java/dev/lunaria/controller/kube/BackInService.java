package dev.lunaria.controller.kube;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.Grant;
import dev.lunaria.controller.volume.Lun;
import dev.lunaria.controller.volume.Targets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets go of nodes that were fenced while they were out of service, and are back (decision 037).
 * Until then they are listed as published, so that nothing publishes to them again; an attachment
 * that is still there is published anew once they aren't. Owned by one thread, keeps nothing; costs
 * nothing where no node was fenced.
 */
final class BackInService {

    private static final Logger log = LoggerFactory.getLogger(BackInService.class);

    private final ClusterNodes nodes;
    private final Targets targets;

    BackInService(ClusterNodes nodes, Targets targets) {
        this.nodes = nodes;
        this.targets = targets;
    }

    /** Looks at everybody who is fenced. {@link Failure} where the cluster can't be asked. */
    void round(Survey survey) {
        Map<String, Boolean> back = new HashMap<>();
        for (Survey.Pool pool : survey.pools()) {
            for (Lun lun : pool.luns()) {
                for (Grant grant : lun.grants()) {
                    if (grant.fenced()
                            && !grant.holds()
                            && back.computeIfAbsent(grant.node(), this::isBack)) {
                        letGo(pool, lun, grant.node());
                    }
                }
            }
        }
    }

    /** A node that is gone takes its attachments with it, and they the fence. */
    private boolean isBack(String node) {
        return nodes.now(node)
                .map(ClusterNodes.Seen::of)
                .filter(seen -> !seen.outOfService())
                .isPresent();
    }

    private void letGo(Survey.Pool pool, Lun lun, String node) {
        String volume = pool.id() + "/" + lun.id();
        try {
            targets.open(pool.target().spec()).revoke(lun.id(), Optional.of(node));
            log.atInfo()
                    .addKeyValue("node", node)
                    .addKeyValue("volume", volume)
                    .log("The node is back in service; the volume may be published to it again");
        } catch (Failure failure) {
            log.atWarn()
                    .addKeyValue("node", node)
                    .addKeyValue("volume", volume)
                    .addKeyValue("error", failure.getMessage())
                    .log(
                            "The node is back in service but still listed here as fenced; trying again");
        }
    }
}
