package dev.lunaria.controller.volume;

import static dev.lunaria.controller.volume.Failure.Reason.BUSY;
import static dev.lunaria.controller.volume.Failure.Reason.IN_USE;
import static dev.lunaria.controller.volume.Failure.Reason.NOT_FOUND;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.registry.Kind;
import dev.lunaria.registry.LunariaNode;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.csi.PublishContext;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.Secret;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Makes grants. Used by any thread; keeps nothing.
 *
 * <p>The epoch is read from the target once and set by compare-and-set, never read again to try
 * once more: a fence that came in between must win over a publish that was asked for before it.
 */
public final class Publishing {

    private final Registry registry;
    private final Supplier<InstallationKeys> keys;
    private final NodesInService inService;
    private final String clusterId;
    private final AttachLimit limit;

    /**
     * @param keys the installation's keys as they are now
     */
    public Publishing(
            Registry registry,
            Supplier<InstallationKeys> keys,
            NodesInService inService,
            String clusterId,
            AttachLimit limit) {
        this.registry = registry;
        this.keys = keys;
        this.inService = inService;
        this.clusterId = clusterId;
        this.limit = limit;
    }

    PublishContext publish(StorageTarget target, TargetPool pool, PublishRequest request) {
        Lun lun =
                pool.find(request.volume().lun())
                        .orElseThrow(() -> PlacedVolumes.noSuchVolume(request.volume()));
        lun.requireWhole();
        LunariaNode node = node(request.node());
        // After the epoch was read: a fence of a node that goes out of service later raises it.
        inService.require(request.node());
        if (lun.grantOf(request.node()).filter(Grant::holds).isEmpty()) {
            limit.requireRoom(request.node(), node);
            requireSlot(lun, request);
        }
        Grant grant = grant(pool, lun, node, request);
        return new PublishContext(
                target.portals(), lun.targetName(), lun.id(), grant.epoch(), grant.keyId());
    }

    /** A cluster filesystem has a journal for each node that mounts it, made with it. */
    private static void requireSlot(Lun lun, PublishRequest request) {
        List<String> others = lun.publishedNodes();
        if (others.size() >= request.mostNodes()) {
            throw new Failure(
                    IN_USE,
                    ("the volume is published to %d nodes, and its filesystem was made for no more; keep its pods on"
                                    + " those, or unpublish it from one of %s")
                            .formatted(others.size(), others));
        }
    }

    private LunariaNode node(String name) {
        LunariaNode node =
                registry.get(Kind.LUNARIA_NODE, name)
                        .orElseThrow(() ->
                                new Failure(
                                        NOT_FOUND,
                                        "there is no node \""
                                                + name
                                                + "\"; its node plugin registers it when it starts"))
                        .spec();
        if (!node.clusterId().equals(clusterId)) {
            throw new Failure(
                    UNAVAILABLE,
                    "node \"%s\" is registered for cluster \"%s\", this controller is of cluster \"%s\"; start it with the right cluster id"
                            .formatted(name, node.clusterId(), clusterId));
        }
        return node;
    }

    private Grant grant(TargetPool pool, Lun lun, LunariaNode node, PublishRequest request) {
        Optional<Grant> before = lun.grantOf(request.node());
        long epoch = before.map(Grant::epoch).orElse(Grant.FIRST_EPOCH);
        String keyId =
                before.filter(grant -> grant.state() == Grant.State.ACTIVE)
                        .map(Grant::keyId)
                        .orElse(keys.get().currentId());
        ChapSecretDerivation.Secrets secrets =
                ChapSecretDerivation.derive(
                        key(keyId),
                        new ChapSecretDerivation.Grant(
                                clusterId, request.volume().toString(), request.node(), epoch));
        var wanted =
                new GrantRequest(
                        lun.id(),
                        request.node(),
                        epoch,
                        request.readOnly(),
                        request.exclusive(),
                        node.initiatorName(),
                        keyId,
                        secrets);
        try {
            return pool.grant(wanted);
        } catch (Failure failure) {
            throw failure.reason() == IN_USE ? explain(pool, request, failure) : failure;
        }
    }

    private Secret key(String keyId) {
        return keys.get()
                .key(keyId)
                .orElseThrow(() ->
                        new Failure(
                                UNAVAILABLE,
                                "the volume is published with key \""
                                        + keyId
                                        + "\", which is not among the installation's keys; put it back until all volumes that use it are unpublished"));
    }

    /** The target says that it can't be now; its grants say why. */
    private static Failure explain(TargetPool pool, PublishRequest request, Failure refusal) {
        List<String> others =
                pool.find(request.volume().lun()).stream()
                        .flatMap(lun -> lun.publishedNodes().stream())
                        .filter(node -> !node.equals(request.node()))
                        .toList();
        if (others.isEmpty()) {
            return new Failure(
                    BUSY,
                    "the volume is still being detached from node \""
                            + request.node()
                            + "\"; repeat",
                    refusal);
        }
        return new Failure(
                IN_USE,
                "the volume is published to "
                        + others
                        + (request.exclusive() ? "" : ", alone")
                        + "; unpublish it there first",
                refusal);
    }
}
