package dev.lunaria.target.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListLunsResponse;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.target.catalog.Catalog;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** The codes of target.proto's comments, and pages. */
class AdminServicesTest extends AdminServices {
    @Test
    void a_pool_that_is_not_served_is_not_found_whatever_is_asked_of_it() {
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        call(
                                services.pools()::getPool,
                                GetPoolRequest.newBuilder().setPool(NOBODY).build()));
        assertCode(
                Status.Code.NOT_FOUND, () -> call(services.luns()::createLun, create(NOBODY, LUN)));
        // Not OK as for an unknown LUN: the pool may only be elsewhere.
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        call(
                                services.luns()::deleteLun,
                                DeleteLunRequest.newBuilder().setPool(NOBODY).setLun(LUN).build()));
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        call(
                                services.grants()::revokeGrant,
                                RevokeGrantRequest.newBuilder()
                                        .setPool(NOBODY)
                                        .setLun(LUN)
                                        .build()));
    }

    @Test
    void pools_say_what_they_hold_and_what_is_free_less_the_reserve() throws IOException {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        var pools = call(services.pools()::listPools, ListPoolsRequest.getDefaultInstance());
        assertThat(pools.getPoolsList()).hasSize(2);
        assertThat(pools.getPools(0).getLuns()).isEqualTo(1);
        assertThat(pools.getPools(0).getProvisionedBytes()).isEqualTo(1 << 20);
        assertThat(pools.getPools(0).getFreeBytes())
                .isPositive()
                .isLessThan(pools.getPools(0).getTotalBytes());
        Services full = services(Long.MAX_VALUE / 2);
        assertThat(
                        call(
                                        full.pools()::getPool,
                                        GetPoolRequest.newBuilder()
                                                .setPool(POOLS.getFirst())
                                                .build())
                                .getFreeBytes())
                .isZero();
        assertCode(
                Status.Code.RESOURCE_EXHAUSTED,
                () -> call(full.luns()::createLun, create(POOLS.getFirst(), NOBODY)));
        // What is there already is there also in a full pool.
        assertThat(call(full.luns()::createLun, create(POOLS.getFirst(), LUN)).getLun())
                .isEqualTo(LUN);
    }

    @Test
    void a_lun_is_made_found_and_deleted_and_each_call_may_be_repeated() {
        Lun made = call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        assertThat(made.getTargetName())
                .isEqualTo("iqn.2026-11.dev.lunaria:%s:%s".formatted(POOLS.getFirst(), LUN));
        assertThat(made.getLogicalBlockBytes()).isEqualTo(512);
        assertThat(call(services.luns()::createLun, create(POOLS.getFirst(), LUN))).isEqualTo(made);
        GetLunRequest get =
                GetLunRequest.newBuilder().setPool(POOLS.getFirst()).setLun(LUN).build();
        assertThat(call(services.luns()::getLun, get)).isEqualTo(made);
        assertCode(
                Status.Code.ALREADY_EXISTS,
                () ->
                        call(
                                services.luns()::createLun,
                                create(POOLS.getFirst(), LUN).toBuilder()
                                        .setSizeBytes(2 << 20)
                                        .build()));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () -> call(services.luns()::createLun, create(POOLS.getFirst(), "../x")));
        DeleteLunRequest delete =
                DeleteLunRequest.newBuilder().setPool(POOLS.getFirst()).setLun(LUN).build();
        call(services.luns()::deleteLun, delete);
        call(services.luns()::deleteLun, delete);
        assertThat(units.letGo).containsOnly(LUN);
        assertCode(Status.Code.NOT_FOUND, () -> call(services.luns()::getLun, get));
    }

    @Test
    void a_lun_grows_and_never_shrinks_and_sizes_that_cannot_be_are_out_of_range()
            throws IOException {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        assertThat(expand(services, LUN, 3 << 20).getSizeBytes()).isEqualTo(3 << 20);
        assertThat(expand(services, LUN, 3 << 20).getSizeBytes()).isEqualTo(3 << 20);
        assertThat(expand(services, LUN, 1 << 20).getSizeBytes()).isEqualTo(3 << 20);
        assertThat(units.sizes).containsOnly(3L << 20);
        for (long impossible : new long[] {0, -4096, (3 << 20) + 512, Long.MAX_VALUE - 4095}) {
            assertCode(Status.Code.OUT_OF_RANGE, () -> expand(services, LUN, impossible));
        }
        assertCode(Status.Code.NOT_FOUND, () -> expand(services, NOBODY, 4 << 20));
        // What a filesystem below can't hold: ext4 has files up to 16 TiB, others more.
        long most = Catalog.MAX_LUN_BYTES;
        try {
            assertThat(expand(services, LUN, most).getSizeBytes()).isEqualTo(most);
        } catch (CompletionException e) {
            assertCode(Status.Code.OUT_OF_RANGE, () -> expand(services, LUN, most));
        }
        Services full = services(Long.MAX_VALUE / 2);
        assertCode(Status.Code.RESOURCE_EXHAUSTED, () -> expand(full, LUN, most - 4096));
        assertThat(expand(full, LUN, 1 << 20).getSizeBytes()).isGreaterThanOrEqualTo(3 << 20);
    }

    @Test
    void luns_are_listed_in_pages_over_all_pools_each_once_also_while_some_go() {
        List<String> made = new ArrayList<>();
        for (String pool : POOLS) {
            for (int i = 0; i < 5; i++) {
                String lun = new UUID(i, i).toString();
                call(services.luns()::createLun, create(pool, lun));
                made.add(pool + "/" + lun);
            }
        }
        List<String> listed = new ArrayList<>();
        ListLunsRequest.Builder next = ListLunsRequest.newBuilder().setPageSize(3);
        do {
            ListLunsResponse page = call(services.luns()::listLuns, next.build());
            assertThat(page.getLunsCount()).isBetween(1, 3);
            page.getLunsList().forEach(lun -> listed.add(lun.getPool() + "/" + lun.getLun()));
            Lun last = page.getLuns(page.getLunsCount() - 1);
            call(
                    services.luns()::deleteLun,
                    DeleteLunRequest.newBuilder()
                            .setPool(last.getPool())
                            .setLun(last.getLun())
                            .build());
            next.setPageToken(page.getNextPageToken());
        } while (!next.getPageToken().isEmpty());
        assertThat(listed).isEqualTo(made);
        assertThat(
                        call(
                                        services.luns()::listLuns,
                                        ListLunsRequest.newBuilder()
                                                .setPool(POOLS.getLast())
                                                .build())
                                .getLunsList())
                .allSatisfy(lun -> assertThat(lun.getPool()).isEqualTo(POOLS.getLast()));
    }

    @Test
    void a_page_token_that_nobody_gave_is_invalid() {
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () ->
                        call(
                                services.luns()::listLuns,
                                ListLunsRequest.newBuilder().setPageToken("5").build()));
    }

    @Test
    void grants_answer_with_the_codes_of_the_protocol_and_never_with_a_secret() {
        assertCode(
                Status.Code.NOT_FOUND,
                () -> call(services.grants()::createGrant, grant("node-a", 1)));
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        Grant made = call(services.grants()::createGrant, grant("node-a", 1));
        assertThat(made.getState()).isEqualTo(Grant.State.ACTIVE);
        assertThat(made.toString()).doesNotContain("secret");
        assertThat(call(services.grants()::createGrant, grant("node-a", 1))).isEqualTo(made);
        assertCode(
                Status.Code.ABORTED,
                () -> call(services.grants()::createGrant, grant("node-a", 2)));
        assertCode(
                Status.Code.FAILED_PRECONDITION,
                () -> call(services.grants()::createGrant, grant("node-b", 1)));
        assertCode(
                Status.Code.ALREADY_EXISTS,
                () ->
                        call(
                                services.grants()::createGrant,
                                grant("node-a", 1).toBuilder()
                                        .setAccess(Access.READ_ONLY)
                                        .build()));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () ->
                        call(
                                services.grants()::createGrant,
                                grant("node-a", 1).toBuilder().clearAccess().build()));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () ->
                        call(
                                services.grants()::createGrant,
                                grant("node-a", 1).toBuilder().clearChap().build()));
        assertCode(
                Status.Code.FAILED_PRECONDITION,
                () ->
                        call(
                                services.luns()::deleteLun,
                                DeleteLunRequest.newBuilder()
                                        .setPool(POOLS.getFirst())
                                        .setLun(LUN)
                                        .build()));
        assertThat(units.letGo).isEmpty();
        RevokeGrantRequest revoke =
                RevokeGrantRequest.newBuilder().setPool(POOLS.getFirst()).setLun(LUN).build();
        assertThat(call(services.grants()::revokeGrant, revoke).getGrantsList())
                .singleElement()
                .satisfies(grant -> {
                    assertThat(grant.getState()).isEqualTo(Grant.State.REVOKED);
                    assertThat(grant.getEpoch()).isEqualTo(2);
                });
        assertThat(
                        call(
                                        services.grants()::revokeGrant,
                                        revoke.toBuilder().setLun(NOBODY).build())
                                .getGrantsList())
                .isEmpty();
    }
}
