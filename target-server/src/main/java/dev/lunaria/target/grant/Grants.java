package dev.lunaria.target.grant;

import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives and takes leave to use a LUN; what isn't granted can't read or write.
 *
 * <p>Any thread that may block. Each step is one durable change of the LUN's grants, decided and
 * made under the LUN's lock, so that two callers can never both win. A revocation waits at most as
 * long as it is told to.
 */
public final class Grants {

    private static final Logger LOG = LoggerFactory.getLogger(Grants.class);

    private final Fence fence;
    private final Duration drainWithin;

    /** Revocations wait for at most {@code drainWithin} each. */
    public Grants(Fence fence, Duration drainWithin) {
        this.fence = fence;
        this.drainWithin = drainWithin;
    }

    /**
     * Lets a node log in: compare-and-set on the pair's epoch. The same call repeated returns the
     * same grant with the secrets that it has.
     *
     * @throws RefusedException INVALID, OUTDATED, EXISTS_OTHERWISE, PRECONDITION (also while the
     *     LUN is being filled from its source), EXHAUSTED
     */
    public Grant create(CatalogLun lun, GrantRequest request) throws RefusedException, IOException {
        GrantRules.check(request);
        lun.refuseUnlessWhole();
        return lun.changeGrants(grants -> {
            Grant pair = grants.getOrDefault(request.node(), Grant.never(request.node()));
            if (pair.epoch() != request.epoch()) {
                throw new RefusedException(
                        Reason.OUTDATED,
                        "node %s is at epoch %d on LUN %s, not at %d: read the LUN again"
                                .formatted(
                                        request.node(),
                                        pair.epoch(),
                                        lun.facts().id(),
                                        request.epoch()));
            }
            return switch (pair.state()) {
                case ACTIVE -> GrantRules.same(lun, pair, request);
                case REVOKING ->
                        throw new RefusedException(
                                Reason.PRECONDITION,
                                "node %s is still being fenced from LUN %s: revoke it again"
                                        .formatted(request.node(), lun.facts().id()));
                case REVOKED -> {
                    GrantRules.checkOthers(lun, grants, request);
                    Grant made = request.grant();
                    grants.put(request.node(), made);
                    yield made;
                }
            };
        });
    }

    /** Revokes for who asked for the grants; see below. */
    public List<Grant> revoke(CatalogLun lun, String node)
            throws RefusedException, IOException, InterruptedException {
        return revoke(lun, node, false);
    }

    /**
     * Fences a node. First, durably: it can't log in any more, and every grant that somebody asked
     * for before is too old. Then its sessions are ended and drained, its reservations removed;
     * only then the LUN is free for others and this returns.
     *
     * @param node empty: every node
     * @param byAnother whether somebody asks who didn't ask for the grants: then they are {@link
     *     Grant#fenced} until that one lets go of them
     * @return the pairs that are fenced, with their new epochs
     * @throws RefusedException UNFINISHED: the store is stuck; the node stays REVOKING, and the
     *     same call goes on with it
     */
    public List<Grant> revoke(CatalogLun lun, String node, boolean byAnother)
            throws RefusedException, IOException, InterruptedException {
        if (!node.isEmpty()) {
            GrantRules.checkNode(node);
        }
        List<Grant> begun = lun.changeGrants(grants -> begin(grants, node, byAnother));
        Map<Grant, CompletableFuture<Void>> drains = new LinkedHashMap<>();
        for (Grant pair : begun) {
            drains.put(
                    pair,
                    pair.state() == Grant.State.REVOKED
                            ? CompletableFuture.completedFuture(null)
                            : fence.endSessions(lun, pair.initiatorName()));
        }
        long deadline = System.nanoTime() + drainWithin.toNanos();
        List<Grant> fenced = new ArrayList<>();
        List<String> stuck = new ArrayList<>();
        for (Map.Entry<Grant, CompletableFuture<Void>> drain : drains.entrySet()) {
            Grant pair = drain.getKey();
            if (!isDone(drain.getValue(), deadline - System.nanoTime())) {
                stuck.add(pair.node());
            } else if (pair.state() == Grant.State.REVOKED) {
                fenced.add(pair);
            } else {
                fence.removeReservations(lun, pair.initiatorName());
                fenced.add(lun.changeGrants(grants -> finish(grants, pair.node())));
            }
        }
        if (!stuck.isEmpty()) {
            throw unfinished(lun, stuck);
        }
        return fenced;
    }

    private static boolean isDone(CompletableFuture<Void> drain, long nanos)
            throws InterruptedException {
        try {
            drain.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a drain only ever completes", e);
        }
    }

    private RefusedException unfinished(CatalogLun lun, List<String> stuck) {
        LOG.atWarn()
                .addKeyValue("lun", lun.facts().id())
                .addKeyValue("nodes", stuck)
                .addKeyValue("waitedMillis", drainWithin.toMillis())
                .log("fence not finished: commands are stuck in the store; revoke again");
        return new RefusedException(
                Reason.UNFINISHED,
                "commands of %s on LUN %s are stuck in the store; they can't log in again: repeat the call"
                        .formatted(String.join(", ", stuck), lun.facts().id()));
    }

    /**
     * Every revocation raises the epoch, even of a node that has none: a late grant is too old
     * then.
     */
    private static List<Grant> begin(
            SequencedMap<String, Grant> grants, String node, boolean byAnother) {
        List<String> nodes = node.isEmpty() ? List.copyOf(grants.keySet()) : List.of(node);
        List<Grant> begun = new ArrayList<>();
        for (String name : nodes) {
            Grant pair = grants.getOrDefault(name, Grant.never(name));
            Grant next = pair.ended(byAnother);
            grants.put(name, next);
            begun.add(next);
        }
        return begun;
    }

    private static Grant finish(SequencedMap<String, Grant> grants, String node) {
        Grant pair = grants.getOrDefault(node, Grant.never(node));
        if (pair.state() != Grant.State.REVOKING) {
            // Somebody else's revocation of the same node was first.
            return pair;
        }
        Grant revoked = pair.revoked();
        grants.put(node, revoked);
        return revoked;
    }
}
