package dev.lunaria.target.grant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.iscsi.login.LoginAuthority.Attempt;
import dev.lunaria.iscsi.login.LoginAuthority.Decision;
import dev.lunaria.iscsi.login.LoginStatus;
import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.iscsi.text.SessionType;
import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.ChapSecrets;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.PoolIdentity;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.catalog.RefusedException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Grants have epochs, and a grant is the fence. */
class GrantsTest {

    private static final PoolIdentity POOL =
            new PoolIdentity("7d5f1d52-5a5f-4a5c-9d0a-1c6b7c7d8e9f", "cluster");
    private static final String ID = new UUID(0, 1).toString();
    private static final String A = "node-a";
    private static final String B = "node-b";

    /** Says what the fence was asked to do, and what the catalog said at that moment. */
    private static final class RecordingFence implements Fence {
        final List<String> steps = new ArrayList<>();
        boolean stuck;

        @Override
        public CompletableFuture<Void> endSessions(CatalogLun lun, String initiatorName) {
            steps.add("end %s %s".formatted(initiatorName, states(lun)));
            return stuck ? new CompletableFuture<>() : CompletableFuture.completedFuture(null);
        }

        @Override
        public void removeReservations(CatalogLun lun, String initiatorName) {
            steps.add("remove %s %s".formatted(initiatorName, states(lun)));
        }

        private static List<String> states(CatalogLun lun) {
            return lun.grants().values().stream()
                    .map(grant -> grant.state() + " " + grant.epoch())
                    .toList();
        }
    }

    @TempDir private Path folder = Path.of("");
    private final RecordingFence fence = new RecordingFence();
    private final Grants grants = new Grants(fence, Duration.ofMillis(50));
    private final SessionDirectory directory = new SessionDirectory(16);

    @BeforeEach
    void makePool() throws IOException, RefusedException {
        Catalog.initialise(new FolderFiles(folder), POOL);
        Catalog.open(new FolderFiles(folder))
                .create(new LunFacts(ID, "pvc", 1 << 20, "cluster", 512, Instant.EPOCH));
    }

    /** The LUN as a server that starts now finds it. */
    private CatalogLun reopened() throws IOException {
        return Catalog.open(new FolderFiles(folder)).find(ID).orElseThrow();
    }

    private static GrantRequest request(String node, long epoch, boolean exclusive) {
        return new GrantRequest(
                node,
                epoch,
                Grant.Access.READ_WRITE,
                exclusive,
                "iqn.2026-11.dev.lunaria:" + node,
                "k1",
                new ChapSecrets(
                        Secret.of("initiator-secret-" + epoch),
                        Secret.of("target-secret-" + epoch)));
    }

    private static void assertRefused(Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    @Test
    void the_same_call_repeated_returns_the_same_grant_with_the_secrets_it_has() throws Exception {
        CatalogLun lun = reopened();
        Grant made = grants.create(lun, request(A, 1, true));
        assertThat(grants.create(lun, request(A, 1, true))).isEqualTo(made);
        GrantRequest rotated =
                new GrantRequest(
                        A,
                        1,
                        Grant.Access.READ_WRITE,
                        true,
                        made.initiatorName(),
                        "k2",
                        new ChapSecrets(Secret.of("other-initiator"), Secret.of("other-target")));
        assertThat(grants.create(lun, rotated)).isEqualTo(made);
        assertThat(reopened().grants().get(A)).isEqualTo(made);
    }

    @Test
    void another_access_or_exclusivity_or_name_on_the_same_node_is_refused() throws Exception {
        CatalogLun lun = reopened();
        grants.create(lun, request(A, 1, true));
        assertRefused(Reason.EXISTS_OTHERWISE, () -> grants.create(lun, request(A, 1, false)));
        GrantRequest readOnly =
                new GrantRequest(
                        A,
                        1,
                        Grant.Access.READ_ONLY,
                        true,
                        "iqn.2026-11.dev.lunaria:" + A,
                        "k1",
                        request(A, 1, true).chap());
        assertRefused(Reason.EXISTS_OTHERWISE, () -> grants.create(lun, readOnly));
    }

    @Test
    void exclusive_means_that_no_other_node_holds_one_not_even_one_being_revoked()
            throws Exception {
        CatalogLun lun = reopened();
        grants.create(lun, request(A, 1, false));
        grants.create(lun, request(B, 1, false));
        assertRefused(Reason.PRECONDITION, () -> grants.create(lun, request("c", 1, true)));
        grants.revoke(lun, B);
        fence.stuck = true;
        assertRefused(Reason.UNFINISHED, () -> grants.revoke(lun, A));
        assertRefused(Reason.PRECONDITION, () -> grants.create(lun, request("c", 1, true)));
        fence.stuck = false;
        grants.revoke(lun, A);
        grants.create(lun, request("c", 1, true));
        assertRefused(Reason.PRECONDITION, () -> grants.create(lun, request(B, 2, false)));
    }

    @Test
    void the_fence_is_durable_first_then_sessions_end_then_reservations_then_revoked()
            throws Exception {
        CatalogLun lun = reopened();
        grants.create(lun, request(A, 1, true));
        List<Grant> fenced = grants.revoke(lun, A);
        assertThat(fence.steps)
                .containsExactly(
                        "end iqn.2026-11.dev.lunaria:node-a [REVOKING 2]",
                        "remove iqn.2026-11.dev.lunaria:node-a [REVOKING 2]");
        assertThat(fenced)
                .singleElement()
                .satisfies(pair -> {
                    assertThat(pair.state()).isEqualTo(Grant.State.REVOKED);
                    assertThat(pair.epoch()).isEqualTo(2);
                    assertThat(pair.secrets()).isNull();
                });
        assertThat(reopened().grants().get(A)).isEqualTo(fenced.getFirst());
    }

    @Test
    void on_a_stuck_store_the_node_stays_fenced_also_over_a_restart_and_the_call_goes_on()
            throws Exception {
        CatalogLun lun = reopened();
        grants.create(lun, request(A, 1, true));
        fence.stuck = true;
        assertRefused(Reason.UNFINISHED, () -> grants.revoke(lun, A));
        CatalogLun restarted = reopened();
        assertThat(restarted.grants().get(A))
                .satisfies(pair -> assertThat(pair.state()).isEqualTo(Grant.State.REVOKING));
        assertRefused(Reason.PRECONDITION, () -> grants.create(restarted, request(A, 2, true)));
        fence.stuck = false;
        assertThat(grants.revoke(restarted, A).getFirst().state()).isEqualTo(Grant.State.REVOKED);
        assertThat(grants.revoke(restarted, "")).hasSize(1);
    }

    @Test
    void a_delayed_grant_never_undoes_a_fence_wherever_it_was_when_the_fence_came()
            throws Exception {
        CatalogLun lun = reopened();
        // Asked for before there was anything to fence.
        grants.revoke(lun, A);
        assertRefused(Reason.OUTDATED, () -> grants.create(lun, request(A, 1, true)));
        // Asked for between two fences.
        grants.revoke(lun, A);
        assertRefused(Reason.OUTDATED, () -> grants.create(lun, request(A, 2, true)));
        grants.create(lun, request(A, 3, true));
        grants.revoke(lun, A);
        assertRefused(Reason.OUTDATED, () -> grants.create(lun, request(A, 3, true)));
        assertThat(reopened().grants().get(A))
                .satisfies(pair -> assertThat(pair.epoch()).isEqualTo(4));
    }

    @Test
    void of_many_who_ask_for_the_lun_alone_at_once_exactly_one_gets_it() throws Exception {
        CatalogLun lun = reopened();
        int nodes = 16;
        CountDownLatch together = new CountDownLatch(nodes);
        int granted = 0;
        try (ExecutorService executor = Executors.newFixedThreadPool(nodes)) {
            List<Future<Boolean>> answers = new ArrayList<>();
            for (int i = 0; i < nodes; i++) {
                String node = "node-" + i;
                answers.add(
                        executor.submit(() -> {
                            together.countDown();
                            together.await();
                            try {
                                grants.create(lun, request(node, 1, true));
                                return true;
                            } catch (RefusedException e) {
                                return false;
                            }
                        }));
            }
            for (Future<Boolean> answer : answers) {
                granted += answer.get() ? 1 : 0;
            }
        }
        assertThat(granted).isEqualTo(1);
        assertThat(reopened().grants().values()).hasSize(1);
    }

    @Test
    void a_lun_with_a_living_grant_is_not_deleted() throws Exception {
        Catalog catalog = Catalog.open(new FolderFiles(folder));
        CatalogLun lun = catalog.find(ID).orElseThrow();
        grants.create(lun, request(A, 1, true));
        assertRefused(Reason.PRECONDITION, () -> catalog.delete(ID));
        grants.revoke(lun, A);
        catalog.delete(ID);
        assertThat(catalog.find(ID)).isEmpty();
        assertRefused(Reason.NOT_FOUND, () -> grants.create(lun, request(A, 2, true)));
    }

    @Test
    void what_cannot_be_a_grant_is_invalid() throws IOException {
        CatalogLun lun = reopened();
        assertRefused(Reason.INVALID, () -> grants.create(lun, request("", 1, true)));
        assertRefused(Reason.INVALID, () -> grants.create(lun, request(A, 0, true)));
        assertRefused(Reason.INVALID, () -> grants.create(lun, request(A, -1, true)));
        assertRefused(Reason.INVALID, () -> grants.create(lun, request("Node A", 1, true)));
        GrantRequest sameSecrets =
                new GrantRequest(
                        A,
                        1,
                        Grant.Access.READ_WRITE,
                        true,
                        "iqn.2026-11.dev.lunaria:a",
                        "k1",
                        new ChapSecrets(Secret.of("0123456789ab"), Secret.of("0123456789ab")));
        assertRefused(Reason.INVALID, () -> grants.create(lun, sameSecrets));
    }

    @Test
    void only_an_active_grant_lets_its_initiator_log_in_with_the_secrets_of_its_epoch()
            throws Exception {
        Catalog catalog = Catalog.open(new FolderFiles(folder));
        Pool pool = new Pool(folder, catalog, 0);
        CatalogLun lun = catalog.find(ID).orElseThrow();
        GrantAuthority authority = new GrantAuthority(new Pools(List.of(pool)), directory);
        String target = pool.targetName(lun).toString();
        assertThat(login(authority, A, target)).isEqualTo(LoginStatus.AUTHORIZATION_FAILURE);

        grants.create(lun, request(A, 1, true));
        assertThat(login(authority, A, target)).isEqualTo(LoginStatus.SUCCESS);
        assertThat(login(authority, B, target)).isEqualTo(LoginStatus.AUTHORIZATION_FAILURE);
        assertThat(login(authority, A, "iqn.2026-11.dev.lunaria:other"))
                .isEqualTo(LoginStatus.NOT_FOUND);
        assertThat(authority.grantedTo("iqn.2026-11.dev.lunaria:" + A)).containsExactly(target);
        assertThat(authority.grantedTo("iqn.2026-11.dev.lunaria:" + B)).isEmpty();
        Granted before = Granted.to("iqn.2026-11.dev.lunaria:" + A, pool, lun).orElseThrow();
        assertThat(before.stands()).isTrue();

        fence.stuck = true;
        assertRefused(Reason.UNFINISHED, () -> grants.revoke(lun, A));
        assertThat(login(authority, A, target)).isEqualTo(LoginStatus.AUTHORIZATION_FAILURE);
        fence.stuck = false;
        grants.revoke(lun, A);
        assertThat(login(authority, A, target)).isEqualTo(LoginStatus.AUTHORIZATION_FAILURE);
        long epoch = grants.revoke(lun, A).getFirst().epoch();
        grants.create(lun, request(A, epoch, true));
        assertThat(login(authority, A, target)).isEqualTo(LoginStatus.SUCCESS);
        // A login that began before the fence and ends after it finds its grant gone.
        assertThat(before.stands()).isFalse();
    }

    /** Who asked for the grant doesn't know of it yet (decision 037). */
    @Test
    void a_grant_that_another_ended_is_fenced_until_it_is_let_go_or_made_again() throws Exception {
        CatalogLun lun = reopened();
        grants.create(lun, request(A, 1, true));
        fence.stuck = true;
        assertRefused(Reason.UNFINISHED, () -> grants.revoke(lun, A, true));
        assertThat(pair(reopened()).fenced()).isTrue();
        fence.stuck = false;
        assertThat(grants.revoke(lun, A, true).getFirst().fenced()).isTrue();
        assertThat(pair(reopened()).fenced()).isTrue();
        assertThat(pair(reopened()).lives()).isFalse();

        Grant letGo = grants.revoke(lun, A, false).getFirst();
        assertThat(letGo.fenced()).isFalse();
        assertThat(grants.revoke(lun, A, true).getFirst().fenced()).isFalse();

        grants.create(lun, request(A, pair(lun).epoch(), true));
        grants.revoke(lun, A, true);
        assertThat(grants.create(lun, request(A, pair(lun).epoch(), true)).fenced()).isFalse();
    }

    private static Grant pair(CatalogLun lun) {
        return Objects.requireNonNull(lun.grants().get(A));
    }

    /** It asks again until it hears that it is done. */
    @Test
    void who_is_being_revoked_by_who_asked_for_the_grant_is_not_fenced() throws Exception {
        CatalogLun lun = reopened();
        grants.create(lun, request(A, 1, true));
        fence.stuck = true;
        assertRefused(Reason.UNFINISHED, () -> grants.revoke(lun, A));
        fence.stuck = false;

        assertThat(grants.revoke(lun, A, true).getFirst().fenced()).isFalse();
    }

    private static LoginStatus login(GrantAuthority authority, String node, String target) {
        Decision decision =
                authority.decide(
                        new Attempt(
                                SessionType.NORMAL,
                                "iqn.2026-11.dev.lunaria:" + node,
                                target,
                                1,
                                1));
        return switch (decision) {
            case Decision.Granted _, Decision.GrantedByAny _ -> LoginStatus.SUCCESS;
            case Decision.Refused refused -> refused.status();
            case Decision.Moved _ -> throw new AssertionError("nothing moves");
        };
    }

    @Test
    void discovery_asks_for_the_secrets_of_any_grant_of_the_initiator() throws Exception {
        Catalog catalog = Catalog.open(new FolderFiles(folder));
        Pool pool = new Pool(folder, catalog, 0);
        CatalogLun lun = catalog.find(ID).orElseThrow();
        GrantAuthority authority = new GrantAuthority(new Pools(List.of(pool)), directory);
        grants.create(lun, request(A, 1, false));
        grants.create(lun, request(B, 1, false));
        assertThat(discovery(authority, A))
                .isInstanceOfSatisfying(
                        Decision.GrantedByAny.class,
                        granted ->
                                assertThat(granted.proofs())
                                        .extracting(proof -> proof.initiator().name())
                                        .containsExactly("iqn.2026-11.dev.lunaria:" + A));
        grants.revoke(lun, A);
        assertThat(discovery(authority, A))
                .isInstanceOfSatisfying(
                        Decision.Refused.class,
                        refused ->
                                assertThat(refused.status())
                                        .isEqualTo(LoginStatus.AUTHORIZATION_FAILURE));
    }

    private static Decision discovery(GrantAuthority authority, String node) {
        return authority.decide(
                new Attempt(SessionType.DISCOVERY, "iqn.2026-11.dev.lunaria:" + node, "", 1, 1));
    }
}
