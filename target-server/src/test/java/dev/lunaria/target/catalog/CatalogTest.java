package dev.lunaria.target.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.lunaria.iscsi.scsi.FormatStatePage.State;
import dev.lunaria.iscsi.scsi.ReservationType;
import dev.lunaria.service.secret.Secret;
import dev.lunaria.target.catalog.CatalogException.Problem;
import dev.lunaria.target.catalog.RefusedException.Reason;
import dev.lunaria.target.device.FormatState;
import dev.lunaria.target.device.Registrant;
import dev.lunaria.target.device.Reservations;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the catalog takes, refuses and does with documents that are not as it wrote them. */
class CatalogTest {

    private static final PoolIdentity POOL =
            new PoolIdentity("7d5f1d52-5a5f-4a5c-9d0a-1c6b7c7d8e9f", "cluster");
    private static final String ID = new UUID(0, 1).toString();
    private static final String OTHER = new UUID(0, 2).toString();
    private static final Path HOME = Path.of("luns", ID);

    private final CrashingFiles files = new CrashingFiles();

    @BeforeEach
    void makePool() throws IOException, RefusedException {
        Catalog.initialise(files, POOL);
        Catalog catalog = Catalog.open(files);
        catalog.create(facts(ID, "pvc-1", 1 << 20));
        catalog.create(facts(OTHER, "pvc-2", 2 << 20));
    }

    private static LunFacts facts(String id, String name, long bytes) {
        return new LunFacts(id, name, bytes, "cluster", 512, Instant.EPOCH);
    }

    private static void assertRefused(Reason reason, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    private static void assertProblem(Problem problem, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        CatalogException.class, e -> assertThat(e.problem()).isEqualTo(problem));
    }

    @Test
    void a_folder_is_a_pool_only_after_init_and_init_takes_only_an_empty_one() throws IOException {
        CrashingFiles empty = new CrashingFiles();
        assertProblem(Problem.NOT_A_POOL, () -> Catalog.open(empty));
        assertProblem(Problem.NOT_EMPTY, () -> Catalog.initialise(files, POOL));
        CrashingFiles used = new CrashingFiles();
        used.write(Path.of("photo.jpg"), new byte[1]);
        assertProblem(Problem.NOT_EMPTY, () -> Catalog.initialise(used, POOL));
        CrashingFiles lost = new CrashingFiles();
        lost.createFolder(Path.of("luns"));
        lost.createFolder(Path.of("luns", ID));
        assertProblem(Problem.NOT_EMPTY, () -> Catalog.initialise(lost, POOL));
        CrashingFiles fresh = new CrashingFiles();
        fresh.createFolder(Path.of("lost+found"));
        Catalog.initialise(fresh, POOL);
        assertThat(Catalog.open(fresh).identity()).isEqualTo(POOL);
    }

    @Test
    void create_repeated_returns_the_lun_and_never_another_one() throws Exception {
        Catalog catalog = Catalog.open(files);
        assertThat(catalog.create(facts(ID, "pvc-1", 1 << 20)).facts().created())
                .isEqualTo(Instant.EPOCH);
        assertRefused(Reason.EXISTS_OTHERWISE, () -> catalog.create(facts(ID, "pvc-1", 2 << 20)));
        assertRefused(Reason.EXISTS_OTHERWISE, () -> catalog.create(facts(ID, "pvc-9", 1 << 20)));
        assertThat(catalog.count()).isEqualTo(2);
        assertThat(catalog.provisionedBytes()).isEqualTo(3 << 20);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -4096, 1, 4095, 4097, 512, Long.MIN_VALUE})
    void a_size_is_a_positive_multiple_of_4096(long bytes) throws IOException {
        Catalog catalog = Catalog.open(files);
        assertRefused(
                Reason.INVALID,
                () -> catalog.create(facts(new UUID(0, 3).toString(), "pvc", bytes)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "..", "../../etc", "A", "0000", "00000000-0000-0000-0000-00000000000G"})
    void an_id_is_a_uuid_in_lower_case_and_so_never_a_path(String id) throws IOException {
        Catalog catalog = Catalog.open(files);
        assertRefused(Reason.INVALID, () -> catalog.create(facts(id, "pvc", 4096)));
        assertThat(catalog.find(id)).isEmpty();
    }

    @Test
    void a_lun_belongs_to_the_cluster_of_its_pool() throws IOException {
        Catalog catalog = Catalog.open(files);
        assertRefused(
                Reason.INVALID,
                () ->
                        catalog.create(
                                new LunFacts(
                                        new UUID(0, 3).toString(),
                                        "pvc",
                                        4096,
                                        "another",
                                        512,
                                        Instant.EPOCH)));
    }

    @ParameterizedTest
    @CsvSource({
        "lun.json, ''",
        "lun.json, rubbish",
        "lun.json, '{\"formatVersion\": 1}'",
        "grants.json, '{\"formatVersion\": 1, \"pairs\": [{}]}'",
        "grants.json, '\0\0\0\0'",
        "reservations.json, ''",
        "reservations.json, '{\"formatVersion\": 1, \"registrations\": [{}]}'"
    })
    void a_lun_with_garbage_is_never_blank_and_nobody_logs_in_and_the_pool_goes_on(
            String document, String content) throws Exception {
        files.write(HOME.resolve(document), content.getBytes(UTF_8));
        Catalog catalog = Catalog.open(files);
        CatalogLun damaged = catalog.find(ID).orElseThrow();
        assertThat(catalog.damaged()).containsExactly(ID);
        assertThat(damaged.damage()).singleElement().asString().startsWith(document);
        assertThat(damaged.format().state()).isEqualTo(State.READY);
        assertThat(damaged.grants()).isEmpty();
        assertRefused(
                Reason.PRECONDITION,
                () -> damaged.changeGrants(grants -> grants.put("a", Grant.never("a"))));
        assertRefused(
                Reason.PRECONDITION,
                () ->
                        damaged.changeFormat(
                                damaged.format(),
                                new FormatState(State.READY, 2, "ext4", "", 0, 0)));
        assertRefused(Reason.PRECONDITION, () -> catalog.delete(ID));
        assertThat(files.read(HOME.resolve(document))).asString(UTF_8).isEqualTo(content);
        CatalogLun sound = catalog.find(OTHER).orElseThrow();
        assertThat(sound.format()).isEqualTo(FormatState.BLANK);
        catalog.delete(OTHER);
        assertThat(catalog.count()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"formatVersion\": 1, \"state\": \"SOMETHING\"}",
                "{\"formatVersion\": 1, \"state\": \"BLANK\", \"generation\": -4}"
            })
    void without_its_format_state_a_lun_is_ready_and_served(String content) throws Exception {
        files.write(HOME.resolve("format.json"), content.getBytes(UTF_8));
        Catalog catalog = Catalog.open(files);
        CatalogLun lun = catalog.find(ID).orElseThrow();
        assertThat(catalog.damaged()).isEmpty();
        assertThat(lun.format().state()).isEqualTo(State.READY);
        lun.changeGrants(grants -> grants.put("a", Grant.never("a")));
        FormatState next = new FormatState(State.READY, 2, "", "", 0, 0);
        assertThat(lun.changeFormat(lun.format(), next)).isTrue();
        assertThat(Catalog.open(files).find(ID).orElseThrow().format()).isEqualTo(next);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lun.json", "grants.json", "data"})
    void a_lun_with_a_file_missing_is_damaged_and_keeps_the_others(String name) throws Exception {
        files.remove(HOME.resolve(name));
        Catalog catalog = Catalog.open(files);
        assertThat(catalog.find(ID).orElseThrow().damage()).contains(name + " is missing");
        assertThat(files.list(HOME)).hasSize(3);
        assertRefused(Reason.EXISTS_OTHERWISE, () -> catalog.create(facts(ID, "x", 4096)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pool.json",
                "luns/%s/lun.json",
                "luns/%s/grants.json",
                "luns/%s/format.json"
            })
    void a_newer_format_is_refused_and_left_alone(String document) throws IOException {
        Path path = Path.of(document.formatted(ID));
        byte[] newer = "{\"formatVersion\": 2, \"what\": [\"nobody\", \"knows\"]}".getBytes(UTF_8);
        files.write(path, newer);
        assertProblem(Problem.NEWER, () -> Catalog.open(files));
        assertThat(files.read(path)).isEqualTo(newer);
    }

    @Test
    void a_call_that_fails_on_a_disk_error_at_any_step_succeeds_when_it_is_repeated()
            throws Exception {
        String id = new UUID(0, 3).toString();
        Grant pair = Grant.never("a");
        FormatState formatting = new FormatState(State.FORMATTING, 2, "ext4", "a", 1, 1);
        int failures = 0;
        for (int step = 0; step < 40; step++) {
            CrashingFiles disk = new CrashingFiles();
            Catalog.initialise(disk, POOL);
            Catalog catalog = Catalog.open(disk);
            disk.failAt(disk.steps() + step);
            failures += repeated(() -> catalog.create(facts(id, "pvc", 4096)));
            CatalogLun lun = catalog.find(id).orElseThrow();
            failures += repeated(() -> lun.changeGrants(grants -> grants.put("a", pair)));
            failures += repeated(() -> lun.changeFormat(lun.format(), formatting));
            assertThat(Catalog.open(disk).find(id).orElseThrow())
                    .satisfies(found -> {
                        assertThat(found.grants()).containsExactly(entry("a", pair));
                        assertThat(found.format().filesystem()).isEqualTo("ext4");
                        assertThat(found.damage()).isEmpty();
                    });
            failures +=
                    repeated(() -> {
                        catalog.delete(id);
                        return id;
                    });
            assertThat(catalog.find(id)).isEmpty();
            assertThat(Catalog.open(disk).count()).isZero();
        }
        assertThat(failures).isGreaterThan(20);
    }

    /** Makes a call, and once more if it failed; how often it failed. */
    private static int repeated(Callable<?> call) throws Exception {
        try {
            call.call();
            return 0;
        } catch (IOException asAsked) {
            call.call();
            return 1;
        }
    }

    @Test
    void a_format_state_is_compared_before_it_is_set() throws Exception {
        CatalogLun lun = Catalog.open(files).find(ID).orElseThrow();
        FormatState formatting = new FormatState(State.FORMATTING, 2, "ext4", "a", 1, 1);
        assertThat(lun.changeFormat(FormatState.BLANK, formatting)).isTrue();
        assertThat(lun.changeFormat(FormatState.BLANK, formatting)).isFalse();
        assertThat(Catalog.open(files).find(ID).orElseThrow().format()).isEqualTo(formatting);
    }

    @Test
    void the_owner_of_a_formatting_lun_is_fenced_only_when_it_is_drained_too() throws Exception {
        CatalogLun lun = Catalog.open(files).find(ID).orElseThrow();
        CatalogFormatStates states = new CatalogFormatStates(lun);
        FormatState formatting = new FormatState(State.FORMATTING, 2, "ext4", "a", 1, 1);
        Grant active =
                new Grant(
                        "a",
                        1,
                        Grant.State.ACTIVE,
                        Grant.Access.READ_WRITE,
                        true,
                        "iqn.a",
                        "k",
                        new ChapSecrets(Secret.of("one"), Secret.of("two")));
        lun.changeGrants(grants -> grants.put("a", active));
        assertThat(states.isOwnerFenced(formatting)).isFalse();
        Grant revoking = active.ended(false);
        lun.changeGrants(grants -> grants.put("a", revoking));
        assertThat(states.isOwnerFenced(formatting)).isFalse();
        lun.changeGrants(grants -> grants.put("a", revoking.revoked()));
        assertThat(states.isOwnerFenced(formatting)).isTrue();
    }

    @Test
    void secrets_are_kept_for_an_active_grant_alone_and_never_printed() throws Exception {
        CatalogLun lun = Catalog.open(files).find(ID).orElseThrow();
        Grant active =
                new Grant(
                        "a",
                        1,
                        Grant.State.ACTIVE,
                        Grant.Access.READ_ONLY,
                        false,
                        "iqn.a",
                        "k",
                        new ChapSecrets(Secret.of("the-initiator's"), Secret.of("the-target's")));
        lun.changeGrants(grants -> grants.put("a", active));
        assertThat(Catalog.open(files).find(ID).orElseThrow().grants().get("a")).isEqualTo(active);
        assertThat(active.toString()).doesNotContain("the-initiator's", "the-target's");
        lun.changeGrants(grants -> grants.put("a", active.ended(false).revoked()));
        assertThat(files.read(HOME.resolve("grants.json")))
                .asString(UTF_8)
                .doesNotContain("the-initiator's", "the-target's");
    }

    @Test
    void a_target_name_names_pool_and_lun_and_is_taken_apart_again() {
        TargetName name = new TargetName(POOL.pool(), ID);
        assertThat(name.toString())
                .isEqualTo("iqn.2026-11.dev.lunaria:%s:%s".formatted(POOL.pool(), ID))
                .matches("(?:iqn|eui|naa)\\.[a-z0-9.:_-]{1,219}");
        assertThat(TargetName.parse(name.toString())).contains(name);
        assertThat(TargetName.parse("iqn.2026-11.dev.lunaria:x:y")).isEmpty();
    }

    private static Reservations reserved(boolean persists) {
        Registrant holder = new Registrant("iqn.a", 0x80_0000_000001L, 1);
        TreeMap<Registrant, Long> keys = new TreeMap<>();
        keys.put(holder, 0xffff_ffff_ffff_fffeL);
        keys.put(new Registrant("iqn.b", 1, 2), 1L);
        return new Reservations(
                7,
                persists,
                keys,
                new Reservations.Held(ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS_ONLY, holder));
    }

    private CatalogLun afterBoot(String bootId) throws IOException {
        Catalog catalog = Catalog.open(files);
        catalog.booted(bootId);
        return catalog.find(ID).orElseThrow();
    }

    /** SPC-4 §5.13.5: APTPL; and a restarted process is no loss of power. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void reservations_survive_a_restart_and_a_loss_of_power_only_if_they_were_made_to(
            boolean persists) throws Exception {
        assertThat(afterBoot("one").changeReservations(Reservations.NONE, reserved(persists)))
                .isTrue();
        assertThat(afterBoot("one").reservations()).isEqualTo(reserved(persists));
        Reservations later = afterBoot("two").reservations();
        assertThat(later.keys()).isEqualTo(persists ? reserved(true).keys() : Map.of());
        assertThat(later.held()).isEqualTo(persists ? reserved(true).held() : null);
        assertThat(later.generation()).isZero();
    }

    @Test
    void a_fence_removes_an_initiators_reservations_durably_and_may_be_repeated() throws Exception {
        afterBoot("one").changeReservations(Reservations.NONE, reserved(true));
        CatalogLun lun = afterBoot("one");
        assertThat(lun.removeReservations("iqn.a")).isEqualTo(reserved(true));
        assertThat(lun.removeReservations("iqn.a").held()).isNull();
        Reservations left = afterBoot("two").reservations();
        assertThat(left.keys()).containsOnlyKeys(new Registrant("iqn.b", 1, 2));
        assertThat(left.held()).isNull();
    }
}
