package dev.lunaria.node.disk.process;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.node.disk.session.DiskAddress;
import dev.lunaria.proto.disk.v1.AttachRequest;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A request to attach a volume, checked. Immutable; prints no secret.
 *
 * @param epoch of the grant, unsigned
 * @param privateWrites whether the device takes writes that stay here
 */
record AttachSpec(String volumeId, long epoch, DiskAddress address, boolean privateWrites) {
    private static final int MAX_NAME = 223;
    private static final int MAX_ID = 255;
    private static final int MAX_PORTALS = 16;
    private static final String PATH = "userspace";

    /**
     * Checks a request.
     *
     * @param wants what its session brings into the negotiation
     * @throws DiskFailure INVALID
     */
    static AttachSpec of(AttachRequest request, String node, OperationalWants wants) {
        String volume = volumeId(request.getVolumeId());
        require(request.getEpoch() != 0, "epoch is missing");
        String target = iscsiName("target_name", request.getTargetName());
        String initiator = iscsiName("initiator_name", request.getInitiatorName());
        SessionSettings session =
                new SessionSettings(
                        portals(request.getPortalsList()),
                        initiator,
                        target,
                        Isid.of(node, volume, PATH),
                        credential(initiator, request.getInitiatorSecret()),
                        credential(target, request.getTargetSecret()),
                        wants,
                        RecoverySettings.DEFAULTS);
        DiskAddress address =
                new DiskAddress(session, identity(request.getIdentity()), request.getReadOnly());
        require(
                request.getReadOnly() || !request.getPrivateWrites(),
                "private_writes are for a disk that is read_only");
        return new AttachSpec(volume, request.getEpoch(), address, request.getPrivateWrites());
    }

    /** Whether the block device refuses writes. */
    boolean refusesWrites() {
        return address.readOnly() && !privateWrites;
    }

    /** Checks a volume id. */
    static String volumeId(String id) {
        require(!id.isEmpty(), "volume_id is missing");
        require(id.length() <= MAX_ID, "volume_id has more than " + MAX_ID + " characters");
        return id;
    }

    private static String iscsiName(String field, String name) {
        boolean form =
                name.startsWith("iqn.") || name.startsWith("eui.") || name.startsWith("naa.");
        require(form && name.length() <= MAX_NAME, field + " is no iSCSI name: '" + name + "'");
        return name;
    }

    private static List<Portal> portals(List<String> texts) {
        require(
                !texts.isEmpty() && texts.size() <= MAX_PORTALS,
                "portals must be 1 to " + MAX_PORTALS);
        try {
            return texts.stream().map(Portal::parse).toList();
        } catch (IllegalArgumentException e) {
            throw new DiskFailure(DiskFailure.Kind.INVALID, String.valueOf(e.getMessage()), e);
        }
    }

    private static String identity(String text) {
        try {
            return UUID.fromString(text).toString();
        } catch (IllegalArgumentException e) {
            throw new DiskFailure(
                    DiskFailure.Kind.INVALID, "identity is no UUID: '" + text + "'", e);
        }
    }

    private static Optional<ChapCredential> credential(String name, String secret) {
        require(
                secret.length() <= ChapSecret.MAX_BYTES,
                "a secret has more than " + ChapSecret.MAX_BYTES + " characters");
        return secret.isEmpty()
                ? Optional.empty()
                : Optional.of(new ChapCredential(name, ChapSecret.of(secret)));
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new DiskFailure(DiskFailure.Kind.INVALID, message);
        }
    }
}
