package dev.lunaria.node.volume;

import dev.lunaria.node.attach.AttachBackend;
import dev.lunaria.node.attach.AttachSpec;
import dev.lunaria.node.attach.AttachedDisk;
import dev.lunaria.node.cluster.Heartbeats;
import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import dev.lunaria.node.registration.NodeIdentity;
import dev.lunaria.service.csi.PublishContext;
import dev.lunaria.service.secret.ChapSecretDerivation;
import dev.lunaria.service.secret.InstallationKeys;
import dev.lunaria.service.secret.Secret;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The volumes' block devices: attached with secrets derived on this node, and compared with what
 * was asked for before every use. For any thread; callers hold the volume's lock.
 */
public final class Disks {
    private final AttachBackend backend;
    private final Supplier<NodeIdentity> node;
    private final Supplier<InstallationKeys> keys;
    private final Heartbeats heartbeats;

    /**
     * Disks of a backend.
     *
     * @param node waits, bounded, until the node is registered
     * @param keys reads the installation's keys as they are now
     * @param heartbeats this host's on shared disks, which end before the disk does
     */
    public Disks(
            AttachBackend backend,
            Supplier<NodeIdentity> node,
            Supplier<InstallationKeys> keys,
            Heartbeats heartbeats) {
        this.backend = backend;
        this.node = node;
        this.keys = keys;
        this.heartbeats = heartbeats;
    }

    /** All disks of this node. */
    List<AttachedDisk> list() {
        return backend.list();
    }

    /** The volume's disk, where it has one. */
    Optional<AttachedDisk> find(String volumeId) {
        return list().stream().filter(disk -> disk.volumeId().equals(volumeId)).findFirst();
    }

    /** What it takes to attach a volume to this node. */
    AttachSpec spec(StageRequest request) {
        String volumeId = request.volumeId();
        PublishContext context = request.context();
        boolean filesystem = request.usage() instanceof Usage.Mount;
        NodeIdentity identity = node.get();
        Secret key =
                keys.get()
                        .key(context.keyId())
                        .orElseThrow(() ->
                                NodeFailure.precondition(
                                        ("this node has no installation key '%s'; give it the"
                                                        + " key, or unpublish and publish the"
                                                        + " volume")
                                                .formatted(context.keyId())));
        var grant =
                new ChapSecretDerivation.Grant(
                        identity.clusterId(), volumeId, identity.node(), context.epoch());
        return new AttachSpec(
                volumeId,
                context.epoch(),
                context.targetName(),
                context.portals(),
                identity.initiatorName(),
                context.identity(),
                ChapSecretDerivation.derive(key, grant),
                new AttachSpec.SecretOrigin(context.keyId(), grant),
                request.readOnly(),
                request.readOnly() && filesystem);
    }

    /** Attaches, and sees that it is the disk asked for; else it is detached again. */
    AttachedDisk attach(AttachSpec spec) {
        AttachedDisk disk = backend.attach(spec);
        if (!isThe(disk, spec.epoch(), spec.identity())) {
            backend.detach(spec.volumeId(), true);
            throw NodeFailure.precondition(
                    "attached logical unit %s at epoch %d, and %s at epoch %d is asked for"
                            .formatted(
                                    disk.identity(), disk.epoch(), spec.identity(), spec.epoch()));
        }
        if (disk.readOnly() != spec.readOnly()) {
            throw NodeFailure.precondition(
                    "the volume is attached %s already; unstage it first"
                            .formatted(disk.readOnly() ? "read-only" : "for writing"));
        }
        return disk;
    }

    /** Makes the disk as large as it is at the target; see {@link AttachBackend#refreshSize}. */
    AttachedDisk refreshSize(String volumeId) {
        return backend.refreshSize(volumeId);
    }

    /**
     * Removes the disk; see {@link AttachBackend#detach}. Its heartbeat is stopped before: without
     * its disk it would reset the host.
     *
     * @throws NodeFailure PRECONDITION while a shared filesystem on it is mounted on this host
     */
    void detach(String volumeId, boolean discardWrites) {
        find(volumeId).map(AttachedDisk::identity).ifPresent(heartbeats::stop);
        backend.detach(volumeId, discardWrites);
    }

    /** Whether a disk is the logical unit asked for, in that epoch. */
    static boolean isThe(AttachedDisk disk, long epoch, UUID identity) {
        return disk.epoch() == epoch && disk.identity().equals(identity);
    }

    /** Whether I/O to the disk flows, or will again. */
    static boolean isAlive(AttachedDisk disk) {
        return switch (disk.state()) {
            case ONLINE, RECOVERING -> true;
            case FENCED -> false;
        };
    }

    /** A failure after which the orchestrator won't undo what was begun, so we must. */
    static boolean isFinal(NodeFailure failure) {
        Kind kind = failure.kind();
        return switch (kind) {
            case INVALID, OUT_OF_RANGE, NOT_FOUND, DIFFERENT, PRECONDITION, BROKEN -> true;
            case BUSY, UNAVAILABLE, TIMED_OUT -> false;
        };
    }
}
