package dev.lunaria.e2e.disk;

import dev.lunaria.e2e.installation.Distribution;
import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.Layout;
import dev.lunaria.e2e.installation.LoneTarget;
import dev.lunaria.e2e.installation.Requirements;
import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Isid;
import dev.lunaria.iscsi.initiator.Portal;
import dev.lunaria.iscsi.initiator.RecoverySettings;
import dev.lunaria.iscsi.initiator.SessionSettings;
import dev.lunaria.iscsi.text.OperationalWants;
import dev.lunaria.node.disk.session.DiskAddress;
import dev.lunaria.proto.disk.v1.AttachRequest;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A target server process with one pool, and its admin API. One thread; ended by {@link #close}.
 */
final class OneTarget {
    static final String NODE = "mybox0";
    static final String INITIATOR = "iqn.2026-11.dev.lunaria:test:mybox0";

    private final Distribution distribution;
    private final LoneTarget target;
    private final int port;

    private OneTarget(Distribution distribution, LoneTarget target, int port) {
        this.distribution = distribution;
        this.target = target;
        this.port = port;
    }

    /** Starts one in a folder; skips the test where the programs aren't built. */
    static OneTarget start(Path root) throws IOException, InterruptedException {
        Distribution built = Requirements.programs();
        int port = Installation.freePort();
        return new OneTarget(built, LoneTarget.start(built, root, port), port);
    }

    Layout layout() {
        return target.layout();
    }

    Distribution distribution() {
        return distribution;
    }

    /** SIGKILL. */
    void kill() throws IOException, InterruptedException {
        target.kill();
    }

    /** After {@link #kill}. */
    void restart() throws IOException, InterruptedException {
        target.restart();
    }

    Lun createLun(long bytes) {
        return target.createLun("volume", bytes);
    }

    void expand(Lun lun, long bytes) {
        var _ =
                LunsGrpc.newBlockingStub(target.admin().channel())
                        .expandLun(
                                ExpandLunRequest.newBuilder()
                                        .setPool(target.pool())
                                        .setLun(lun.getLun())
                                        .setSizeBytes(bytes)
                                        .build());
    }

    Lun read(Lun lun) {
        return LunsGrpc.newBlockingStub(target.admin().channel())
                .getLun(
                        GetLunRequest.newBuilder()
                                .setPool(target.pool())
                                .setLun(lun.getLun())
                                .build());
    }

    /** Grants it to the node. */
    void grant(Lun lun, long epoch, Access access) {
        target.grant(
                lun,
                new LoneTarget.Grantee(
                        NODE, INITIATOR, epoch, access, secret("i", epoch), secret("t", epoch)));
    }

    /** Fences the node. */
    void revoke(Lun lun) {
        var _ =
                GrantsGrpc.newBlockingStub(target.admin().channel())
                        .revokeGrant(
                                RevokeGrantRequest.newBuilder()
                                        .setPool(target.pool())
                                        .setLun(lun.getLun())
                                        .setNode(NODE)
                                        .build());
    }

    /** How many sessions the LUN has. */
    int sessions(Lun lun) {
        return SessionsGrpc.newBlockingStub(target.admin().channel())
                .listSessions(
                        ListSessionsRequest.newBuilder()
                                .setPool(target.pool())
                                .setLun(lun.getLun())
                                .build())
                .getSessionsCount();
    }

    private static String secret(String direction, long epoch) {
        return "a secret of direction %s and epoch %d".formatted(direction, epoch);
    }

    /** Of its portal, on loopback. */
    int port() {
        return port;
    }

    /** How to log in to it, by our own session. */
    DiskAddress address(Lun lun, long epoch, String identity) {
        return address(lun, epoch, identity, port, OperationalWants.forInitiator());
    }

    /** The same through another port, and with something else to negotiate. */
    DiskAddress address(Lun lun, long epoch, String identity, int through, OperationalWants wants) {
        return new DiskAddress(
                new SessionSettings(
                        List.of(new Portal("127.0.0.1", through)),
                        INITIATOR,
                        lun.getTargetName(),
                        Isid.of(NODE, lun.getLun(), "test"),
                        Optional.of(credential(INITIATOR, secret("i", epoch))),
                        Optional.of(credential(lun.getTargetName(), secret("t", epoch))),
                        wants,
                        RecoverySettings.DEFAULTS),
                identity,
                false);
    }

    private static ChapCredential credential(String name, String secret) {
        return new ChapCredential(name, ChapSecret.of(secret));
    }

    /** How to attach it, through the disk process. */
    AttachRequest attach(Lun lun, long epoch) {
        return AttachRequest.newBuilder()
                .setVolumeId(target.pool() + "/" + lun.getLun())
                .setEpoch(epoch)
                .setTargetName(lun.getTargetName())
                .addPortals("127.0.0.1:" + port)
                .setInitiatorName(INITIATOR)
                .setIdentity(lun.getLun())
                .setInitiatorSecret(secret("i", epoch))
                .setTargetSecret(secret("t", epoch))
                .build();
    }

    /** Stops the server. */
    void close() throws IOException {
        target.close();
    }
}
