package dev.lunaria.target;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.PoolIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A server with one LUN, and who may use it; ends with the test. Owned by the test's thread. */
final class OneLun implements AutoCloseable {
    static final String NODE = "mybox0";
    static final String INITIATOR = "iqn.2026-11.dev.lunaria:node:test:mybox0";
    static final String SECRET = "initiators-own-secret";
    static final String TARGET_SECRET = "targets-own-secret";

    private static final String LUN = "11111111-2222-4333-8444-555555555555";
    private static final String POOL = "7d5f1d52-5a5f-4a5c-9d0a-1c6b7c7d8e9f";
    private static final long SECONDS = 60;

    private final ServerUnderTest server;
    private final String target;

    private OneLun(ServerUnderTest server, String target) {
        this.server = server;
        this.target = target;
    }

    /** Starts a server on so many portals, in an empty folder. */
    static OneLun start(Path folder, long bytes, int portals) throws IOException {
        Path pool = Files.createDirectory(folder.resolve("pool"));
        Catalog.initialise(new FolderFiles(pool), new PoolIdentity(POOL, "test"));
        ServerUnderTest server = ServerUnderTest.start(pool, folder, new int[portals]);
        String target =
                LunsGrpc.newBlockingStub(server.admin().channel())
                        .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
                        .createLun(
                                CreateLunRequest.newBuilder()
                                        .setPool(POOL)
                                        .setLun(LUN)
                                        .setName("pvc-1")
                                        .setSizeBytes(bytes)
                                        .setClusterId("test")
                                        .build())
                        .getTargetName();
        return new OneLun(server, target);
    }

    ServerUnderTest server() {
        return server;
    }

    /** The iSCSI name of its target. */
    String target() {
        return target;
    }

    /** What proves the initiator. */
    static ChapCredential initiator() {
        return new ChapCredential(INITIATOR, ChapSecret.of(SECRET));
    }

    /** What proves the target. */
    ChapCredential proof() {
        return new ChapCredential(target, ChapSecret.of(TARGET_SECRET));
    }

    void grant(long epoch, Access access) {
        GrantsGrpc.newBlockingStub(server.admin().channel())
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
                .createGrant(
                        CreateGrantRequest.newBuilder()
                                .setPool(POOL)
                                .setLun(LUN)
                                .setNode(NODE)
                                .setEpoch(epoch)
                                .setAccess(access)
                                .setInitiatorName(INITIATOR)
                                .setKeyId("k1")
                                .setChap(
                                        ChapSecrets.newBuilder()
                                                .setInitiatorSecret(SECRET)
                                                .setTargetSecret(TARGET_SECRET))
                                .build());
    }

    void revoke() {
        GrantsGrpc.newBlockingStub(server.admin().channel())
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
                .revokeGrant(
                        RevokeGrantRequest.newBuilder()
                                .setPool(POOL)
                                .setLun(LUN)
                                .setNode(NODE)
                                .build());
    }

    @Override
    public void close() {
        server.close();
    }
}
