package dev.lunaria.controller.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.GrantsGrpc;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunLimits;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.SetLunLimitsRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * What the controller relies on in a target server's admin API: for the fake and the real one
 * alike.
 */
public abstract class TargetAdminContract {

    static final long SIZE = 4L << 20;

    /** To the server under test. */
    protected abstract ManagedChannel channel();

    /** UUID of a pool that it serves; LUNs of other tests may be in it. */
    protected abstract UUID pool();

    /** The cluster that the pool was made for. */
    protected abstract String clusterId();

    private PoolsGrpc.PoolsBlockingStub pools() {
        return PoolsGrpc.newBlockingStub(channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    final LunsGrpc.LunsBlockingStub luns() {
        return LunsGrpc.newBlockingStub(channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private GrantsGrpc.GrantsBlockingStub grants() {
        return GrantsGrpc.newBlockingStub(channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    final CreateLunRequest.Builder lun(String lun) {
        return CreateLunRequest.newBuilder()
                .setPool(pool().toString())
                .setLun(lun)
                .setName("pvc-" + lun)
                .setSizeBytes(SIZE)
                .setClusterId(clusterId());
    }

    final Lun made() {
        return luns().createLun(lun(UUID.randomUUID().toString()).build());
    }

    final Lun now(Lun lun) {
        return luns().getLun(
                        GetLunRequest.newBuilder()
                                .setPool(lun.getPool())
                                .setLun(lun.getLun())
                                .build());
    }

    private static CreateGrantRequest.Builder grant(Lun lun, String node, long epoch) {
        return CreateGrantRequest.newBuilder()
                .setPool(lun.getPool())
                .setLun(lun.getLun())
                .setNode(node)
                .setEpoch(epoch)
                .setAccess(Access.READ_WRITE)
                .setExclusive(true)
                .setInitiatorName("iqn.2026-11.dev.lunaria:node:test:" + node)
                .setKeyId("k1")
                .setChap(
                        ChapSecrets.newBuilder()
                                .setInitiatorSecret("initiator-secret-" + epoch)
                                .setTargetSecret("the-target-secret-" + epoch));
    }

    private List<Grant> revoke(Lun lun, String node) {
        return grants().revokeGrant(
                        RevokeGrantRequest.newBuilder()
                                .setPool(lun.getPool())
                                .setLun(lun.getLun())
                                .setNode(node)
                                .build())
                .getGrantsList();
    }

    static void assertCode(Status.Code code, ThrowingCallable call) {
        var refused = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refused).as("refused with %s", code).isNotNull();
        assertThat(refused.getStatus().getCode()).isEqualTo(code);
        assertThat(refused.getStatus().getDescription()).isNotBlank();
    }

    @Test
    void aPoolIsFoundByItsUuidOnly() {
        var found = pools().getPool(GetPoolRequest.newBuilder().setPool(pool().toString()).build());

        assertThat(found.getClusterId()).isEqualTo(clusterId());
        assertThat(found.getTotalBytes()).isPositive();
        assertThat(found.getFreeBytes()).isPositive();
        assertThat(pools().listPools(ListPoolsRequest.getDefaultInstance()).getPoolsList())
                .extracting(dev.lunaria.proto.target.v1.Pool::getPool)
                .contains(pool().toString());
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        pools().getPool(
                                        GetPoolRequest.newBuilder()
                                                .setPool(UUID.randomUUID().toString())
                                                .build()));
    }

    @Test
    void aLunIsMadeOnceAndKeepsItsShape() {
        Lun first = made();
        Lun again = luns().createLun(lun(first.getLun()).build());

        assertThat(again).isEqualTo(first);
        assertThat(first.getSizeBytes()).isEqualTo(SIZE);
        assertThat(first.getName()).isEqualTo("pvc-" + first.getLun());
        assertThat(first.getClusterId()).isEqualTo(clusterId());
        assertThat(first.getTargetName())
                .startsWith("iqn.2026-11.dev.lunaria:")
                .contains(first.getLun());
        assertThat(first.getFormat().getState()).isEqualTo(FormatState.State.BLANK);
        assertCode(
                Status.Code.ALREADY_EXISTS,
                () -> luns().createLun(lun(first.getLun()).setSizeBytes(2 * SIZE).build()));
        assertCode(
                Status.Code.ALREADY_EXISTS,
                () -> luns().createLun(lun(first.getLun()).setName("another").build()));
    }

    @Test
    void aLunThatCannotBeIsRefused() {
        String id = UUID.randomUUID().toString();
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () -> luns().createLun(lun(id).setSizeBytes(SIZE + 1).build()));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () -> luns().createLun(lun(id).setSizeBytes(0).build()));
        assertCode(Status.Code.INVALID_ARGUMENT, () -> luns().createLun(lun("../../etc").build()));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () -> luns().createLun(lun(id).setClusterId("another").build()));
        assertCode(
                Status.Code.NOT_FOUND,
                () -> luns().createLun(lun(id).setPool(UUID.randomUUID().toString()).build()));
    }

    @Test
    void deletingIsRepeatable() {
        Lun lun = made();
        var request =
                DeleteLunRequest.newBuilder().setPool(lun.getPool()).setLun(lun.getLun()).build();
        for (int i = 0; i < 3; i++) {
            assertThat(luns().deleteLun(request)).isNotNull();
        }
        assertCode(Status.Code.NOT_FOUND, () -> now(lun));
    }

    @Test
    void whatIsGrantedIsNotDeleted() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).build());
        var request =
                DeleteLunRequest.newBuilder().setPool(lun.getPool()).setLun(lun.getLun()).build();

        assertCode(Status.Code.FAILED_PRECONDITION, () -> luns().deleteLun(request));
        revoke(lun, "a");
        assertThat(luns().deleteLun(request)).isNotNull();
    }

    @Test
    void theLunsOfANodeAreThoseThatItHasAGrantOf() {
        Lun granted = made();
        Lun fenced = made();
        Lun another = made();
        for (Lun lun : List.of(granted, fenced)) {
            var _ = grants().createGrant(grant(lun, "lister", 1).build());
        }
        revoke(fenced, "lister");
        var _ = grants().createGrant(grant(another, "b", 1).build());

        assertThat(
                        luns().listLuns(
                                        ListLunsRequest.newBuilder()
                                                .setPool(pool().toString())
                                                .setGrantedTo("lister")
                                                .build())
                                .getLunsList())
                .extracting(Lun::getLun)
                .containsExactly(granted.getLun());
    }

    @Test
    void pagesShowEachLunOnceInOrder() {
        var ids = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            ids.add(made().getLun());
        }
        var seen = new ArrayList<String>();
        String token = "";
        do {
            var page =
                    luns().listLuns(
                                    ListLunsRequest.newBuilder()
                                            .setPool(pool().toString())
                                            .setPageSize(2)
                                            .setPageToken(token)
                                            .build());
            assertThat(page.getLunsCount()).isLessThanOrEqualTo(2);
            page.getLunsList().forEach(lun -> seen.add(lun.getLun()));
            token = page.getNextPageToken();
        } while (!token.isEmpty());

        assertThat(seen).isSorted().doesNotHaveDuplicates().containsAll(ids);
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () ->
                        luns().listLuns(
                                        ListLunsRequest.newBuilder()
                                                .setPool(pool().toString())
                                                .setPageToken("no token")
                                                .build()));
    }

    @Test
    void aGrantRepeatedIsTheSame() {
        Lun lun = made();
        Grant first = grants().createGrant(grant(lun, "a", 1).build());
        Grant again = grants().createGrant(grant(lun, "a", 1).build());

        assertThat(again).isEqualTo(first);
        assertThat(first.getState()).isEqualTo(Grant.State.ACTIVE);
        assertThat(first.getEpoch()).isEqualTo(1);
        assertThat(first.getKeyId()).isEqualTo("k1");
        assertThat(now(lun).getGrantsList()).containsExactly(first);
    }

    @Test
    void aGrantOfAnotherKindForTheSameNodeIsRefused() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).build());

        assertCode(
                Status.Code.ALREADY_EXISTS,
                () -> grants().createGrant(grant(lun, "a", 1).setAccess(Access.READ_ONLY).build()));
        assertCode(
                Status.Code.ALREADY_EXISTS,
                () -> grants().createGrant(grant(lun, "a", 1).setExclusive(false).build()));
    }

    @Test
    void exclusiveMeansAlone() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).build());

        assertCode(
                Status.Code.FAILED_PRECONDITION,
                () -> grants().createGrant(grant(lun, "b", 1).build()));
        assertCode(
                Status.Code.FAILED_PRECONDITION,
                () -> grants().createGrant(grant(lun, "b", 1).setExclusive(false).build()));
        revoke(lun, "a");
        assertThat(grants().createGrant(grant(lun, "b", 1).build()).getEpoch()).isEqualTo(1);
    }

    @Test
    void sharedGrantsStandBesideEachOther() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).setExclusive(false).build());
        grants().createGrant(grant(lun, "b", 1).setExclusive(false).build());

        assertCode(
                Status.Code.FAILED_PRECONDITION,
                () -> grants().createGrant(grant(lun, "c", 1).build()));
        assertThat(revoke(lun, "")).extracting(Grant::getNode).containsExactlyInAnyOrder("a", "b");
        assertThat(now(lun).getGrantsList())
                .allMatch(
                        grant -> grant.getState() == Grant.State.REVOKED && grant.getEpoch() == 2);
    }

    @Test
    void aLateGrantDoesNotUnfence() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).build());
        revoke(lun, "a");

        assertCode(Status.Code.ABORTED, () -> grants().createGrant(grant(lun, "a", 1).build()));
        assertCode(Status.Code.ABORTED, () -> grants().createGrant(grant(lun, "a", 3).build()));
        assertThat(now(lun).getGrants(0).getState()).isEqualTo(Grant.State.REVOKED);
        assertThat(grants().createGrant(grant(lun, "a", 2).build()).getEpoch()).isEqualTo(2);
    }

    @Test
    void fencingIsRepeatable() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).build());

        assertThat(revoke(lun, "a")).extracting(Grant::getEpoch).containsExactly(2L);
        revoke(lun, "a");
        revoke(lun, "");
        assertThat(now(lun).getGrantsList())
                .allMatch(pair -> pair.getState() == Grant.State.REVOKED && pair.getEpoch() >= 2);
    }

    private Grant fence(Lun lun, String node) {
        return grants().revokeGrant(
                        RevokeGrantRequest.newBuilder()
                                .setPool(lun.getPool())
                                .setLun(lun.getLun())
                                .setNode(node)
                                .setFence(true)
                                .build())
                .getGrants(0);
    }

    /** By this the controller tells who was fenced from who was let go (decision 037). */
    @Test
    void whoIsFencedByAnotherIsSoUntilItIsLetGo() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).build());

        assertThat(fence(lun, "a").getFenced()).isTrue();
        assertThat(fence(lun, "a").getFenced()).isTrue();
        assertThat(now(lun).getGrants(0).getState()).isEqualTo(Grant.State.REVOKED);
        assertThat(grants().createGrant(grant(lun, "b", 1).build()).getEpoch()).isEqualTo(1);
        assertThat(revoke(lun, "a").getFirst().getFenced()).isFalse();
        assertThat(fence(lun, "a").getFenced()).isFalse();
    }

    @Test
    void whoIsGrantedAgainIsNotFencedAnyMore() {
        Lun lun = made();
        grants().createGrant(grant(lun, "a", 1).build());
        long epoch = fence(lun, "a").getEpoch();

        assertThat(grants().createGrant(grant(lun, "a", epoch).build()).getFenced()).isFalse();
    }

    @Test
    void whoHasNoGrantIsNotFenced() {
        Lun lun = made();

        assertThat(fence(lun, "a").getFenced()).isFalse();
    }

    /** The grant may be on its way: unpublish overtook publish. */
    @Test
    void fencingWhoHasNoGrantYetMakesOneThatWasAskedForBeforeTooLate() {
        Lun lun = made();
        revoke(lun, "a");

        assertCode(Status.Code.ABORTED, () -> grants().createGrant(grant(lun, "a", 1).build()));
        long epoch = now(lun).getGrants(0).getEpoch();
        assertThat(grants().createGrant(grant(lun, "a", epoch).build()).getState())
                .isEqualTo(Grant.State.ACTIVE);
    }

    @Test
    void fencingOnNoLunIsFine() {
        Lun none = made().toBuilder().setLun(UUID.randomUUID().toString()).build();

        assertThat(revoke(none, "a")).isEmpty();
        assertThat(revoke(none, "")).isEmpty();
        assertThat(revoke(made(), "")).isEmpty();
    }

    @Test
    void aGrantOnNoLunIsRefused() {
        Lun none = made().toBuilder().setLun(UUID.randomUUID().toString()).build();

        assertCode(Status.Code.NOT_FOUND, () -> grants().createGrant(grant(none, "a", 1).build()));
    }

    private Lun limit(Lun lun, long operations, long bytes) {
        return luns().setLunLimits(
                        SetLunLimitsRequest.newBuilder()
                                .setPool(lun.getPool())
                                .setLun(lun.getLun())
                                .setLimits(limits(operations, bytes))
                                .build());
    }

    private static LunLimits limits(long operations, long bytes) {
        return LunLimits.newBuilder()
                .setOperationsPerSecond(operations)
                .setBytesPerSecond(bytes)
                .build();
    }

    @Test
    void limitsAreSetAndChangedAndTakenAway() {
        Lun lun = made();
        assertThat(lun.getLimits()).isEqualTo(limits(0, 0));

        assertThat(limit(lun, 10, 1 << 20).getLimits()).isEqualTo(limits(10, 1 << 20));
        assertThat(now(lun).getLimits()).isEqualTo(limits(10, 1 << 20));
        assertThat(limit(lun, 0, 2 << 20).getLimits()).isEqualTo(limits(0, 2 << 20));
        assertThat(limit(lun, 0, 0).getLimits()).isEqualTo(limits(0, 0));
        String id = UUID.randomUUID().toString();
        assertThat(luns().createLun(lun(id).setLimits(limits(100, 0)).build()).getLimits())
                .isEqualTo(limits(100, 0));
        assertThat(luns().createLun(lun(id).build()).getLimits()).isEqualTo(limits(100, 0));
    }

    @Test
    void limitsUnderWhichNothingWouldMoveAreRefused() {
        Lun lun = made();

        assertCode(Status.Code.INVALID_ARGUMENT, () -> limit(lun, 9, 0));
        assertCode(Status.Code.INVALID_ARGUMENT, () -> limit(lun, 0, (1 << 20) - 1));
        assertCode(Status.Code.INVALID_ARGUMENT, () -> limit(lun, -1, 0));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () ->
                        luns().createLun(
                                        lun(UUID.randomUUID().toString())
                                                .setLimits(limits(1, 0))
                                                .build()));
        assertCode(
                Status.Code.NOT_FOUND,
                () -> limit(lun.toBuilder().setLun(UUID.randomUUID().toString()).build(), 100, 0));
        assertThat(now(lun).getLimits()).isEqualTo(limits(0, 0));
    }
}
