package dev.lunaria.target.grant;

import dev.lunaria.target.catalog.ChapSecrets;
import dev.lunaria.target.catalog.Grant;

/**
 * What somebody asks for a node. Immutable.
 *
 * @param epoch the epoch that the caller believes the (LUN, node) pair to be at
 */
public record GrantRequest(
        String node,
        long epoch,
        Grant.Access access,
        boolean exclusive,
        String initiatorName,
        String keyId,
        ChapSecrets chap) {

    Grant grant() {
        return new Grant(
                node, epoch, Grant.State.ACTIVE, access, exclusive, initiatorName, keyId, chap);
    }
}
