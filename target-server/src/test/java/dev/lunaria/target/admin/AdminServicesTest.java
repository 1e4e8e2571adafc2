package dev.lunaria.target.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.CreateSnapshotsRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.DeleteSnapshotRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.FormatState;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.GetSnapshotRequest;
import dev.lunaria.proto.target.v1.Grant;
import dev.lunaria.proto.target.v1.ImportLunRequest;
import dev.lunaria.proto.target.v1.ListAllocatedRangesRequest;
import dev.lunaria.proto.target.v1.ListChangedRangesRequest;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListLunsResponse;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.ListRangesResponse;
import dev.lunaria.proto.target.v1.ListSnapshotsRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunSource;
import dev.lunaria.proto.target.v1.RevokeGrantRequest;
import dev.lunaria.proto.target.v1.Snapshot;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Content;
import dev.lunaria.target.catalog.FolderFiles;
import dev.lunaria.target.catalog.LunLimits;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.PoolIdentity;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.grant.Fence;
import dev.lunaria.target.grant.Grants;
import dev.lunaria.target.snapshot.BackgroundCopies;
import dev.lunaria.target.snapshot.Copies;
import dev.lunaria.target.snapshot.ImportFolders;
import dev.lunaria.target.snapshot.LunCopies;
import dev.lunaria.target.snapshot.OpenStores;
import dev.lunaria.target.snapshot.Snapshots;
import dev.lunaria.target.store.CopyBeforeWriteStore;
import dev.lunaria.target.store.SparseFileStore;
import dev.lunaria.target.store.StoreThreads;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The codes of target.proto's comments, and pages. */
class AdminServicesTest {

    private static final List<String> POOLS =
            List.of(new UUID(1, 1).toString(), new UUID(2, 2).toString());
    private static final String LUN = new UUID(0, 7).toString();
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);
    private static final String GROUP = new UUID(3, 3).toString();
    private static final String NOBODY = new UUID(9, 9).toString();

    @TempDir private Path folder = Path.of("");
    private final Units units = new Units();
    private final Copying copying = new Copying();
    private Services services = new Services(new Pools(List.of()), units, copying);

    /** The services over some pools, with a fence that has nothing to do. */
    private record Services(
            PoolsService pools,
            LunsService luns,
            SnapshotsService snapshots,
            GrantsService grants,
            Pools served) {
        Services(Pools pools, Units units, Copying copying) {
            this(
                    new PoolsService(pools),
                    new LunsService(
                            pools,
                            units,
                            new LunCopies(
                                    copying.stores,
                                    copying.copies,
                                    copying.background,
                                    copying.imports),
                            copying.background,
                            CLOCK),
                    new SnapshotsService(
                            pools,
                            new Snapshots(
                                    pools,
                                    copying.stores,
                                    copying.copies,
                                    copying.background,
                                    CLOCK),
                            copying.background),
                    new GrantsService(pools, new Grants(new NoSessions(), Duration.ofSeconds(1))),
                    pools);
        }
    }

    /** What copies; the stores are open as long as they are held. */
    private static final class Copying {
        private final StoreThreads threads = new StoreThreads(2, 1024);
        private final Copies copies = new Copies(threads.blocking());
        private final BackgroundCopies background = new BackgroundCopies();
        private final OpenStores stores = this::hold;
        private ImportFolders imports = ImportFolders.NONE;

        private OpenStores.Hold hold(Pool pool, CatalogLun lun) throws IOException {
            CopyBeforeWriteStore store =
                    new CopyBeforeWriteStore(
                            SparseFileStore.open(pool.data(lun), lun.facts().sizeBytes(), threads));
            return new OpenStores.Hold() {
                @Override
                public CopyBeforeWriteStore store() {
                    return store;
                }

                @Override
                public void close() {
                    try {
                        store.close();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            };
        }

        void stop() {
            background.close();
            copies.close();
            threads.close();
        }
    }

    @AfterEach
    void stopCopying() {
        copying.stop();
    }

    /** Notes what it is told. */
    private static final class Units implements LunsService.UnitsInUse {
        private final List<String> letGo = new ArrayList<>();
        private final List<Long> sizes = new ArrayList<>();
        private final List<LunLimits> limits = new ArrayList<>();

        @Override
        public void closeUnused(String lun) {
            letGo.add(lun);
        }

        @Override
        public void expanded(CatalogLun lun) {
            sizes.add(lun.facts().sizeBytes());
        }

        @Override
        public void limited(CatalogLun lun) {
            limits.add(lun.facts().limits());
        }
    }

    private static final class NoSessions implements Fence {
        @Override
        public CompletableFuture<Void> endSessions(CatalogLun lun, String initiatorName) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void removeReservations(CatalogLun lun, String initiatorName) {}
    }

    @BeforeEach
    void makePools() throws IOException {
        services = services(0);
    }

    private Services services(long reserveBytes) throws IOException {
        List<Pool> pools = new ArrayList<>();
        for (String id : POOLS) {
            Path home = folder.resolve(id);
            FolderFiles files = new FolderFiles(home);
            if (!Files.exists(home)) {
                Files.createDirectory(home);
                Catalog.initialise(files, new PoolIdentity(id, "cluster"));
            }
            pools.add(new Pool(home, Catalog.open(files), reserveBytes));
        }
        return new Services(new Pools(pools), units, copying);
    }

    private static <Q, A> A call(BiConsumer<Q, StreamObserver<A>> method, Q request) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        method.accept(
                request,
                new StreamObserver<>() {
                    @Override
                    public void onNext(A value) {
                        answer.complete(value);
                    }

                    @Override
                    public void onError(Throwable error) {
                        answer.completeExceptionally(error);
                    }

                    @Override
                    public void onCompleted() {}
                });
        return answer.join();
    }

    private static void assertCode(Status.Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .cause()
                .isInstanceOfSatisfying(
                        StatusException.class,
                        e -> {
                            assertThat(e.getStatus().getCode()).isEqualTo(code);
                            assertThat(e.getStatus().getDescription()).isNotBlank();
                        });
    }

    private static CreateLunRequest create(String pool, String lun) {
        return CreateLunRequest.newBuilder()
                .setPool(pool)
                .setLun(lun)
                .setName("pvc-" + lun)
                .setSizeBytes(1 << 20)
                .setClusterId("cluster")
                .build();
    }

    private static CreateGrantRequest grant(String node, long epoch) {
        return CreateGrantRequest.newBuilder()
                .setPool(POOLS.getFirst())
                .setLun(LUN)
                .setNode(node)
                .setEpoch(epoch)
                .setAccess(Access.READ_WRITE)
                .setExclusive(true)
                .setInitiatorName("iqn.2026-11.dev.lunaria:node:" + node)
                .setKeyId("k1")
                .setChap(
                        ChapSecrets.newBuilder()
                                .setInitiatorSecret("the-initiator-secret")
                                .setTargetSecret("the-target-secret"))
                .build();
    }

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

    private Lun expand(Services server, String lun, long bytes) {
        return call(
                server.luns()::expandLun,
                ExpandLunRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setLun(lun)
                        .setSizeBytes(bytes)
                        .build());
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

    private static CreateSnapshotsRequest take(String... lunsAndSnapshots) {
        CreateSnapshotsRequest.Builder request =
                CreateSnapshotsRequest.newBuilder().setGroup(GROUP);
        for (int i = 0; i < lunsAndSnapshots.length; i += 2) {
            request.addEntriesBuilder()
                    .setPool(POOLS.getFirst())
                    .setLun(lunsAndSnapshots[i])
                    .setSnapshot(lunsAndSnapshots[i + 1])
                    .setName("backup");
        }
        return request.build();
    }

    private Snapshot taken(String lun, String snapshot) {
        return call(services.snapshots()::createSnapshots, take(lun, snapshot)).getSnapshots(0);
    }

    private Snapshot ready(String snapshot) {
        GetSnapshotRequest get =
                GetSnapshotRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setSnapshot(snapshot)
                        .build();
        Snapshot now = call(services.snapshots()::getSnapshot, get);
        while (now.getState() == Snapshot.State.COPYING) {
            now = call(services.snapshots()::getSnapshot, get);
        }
        assertThat(now.getState()).isEqualTo(Snapshot.State.READY);
        assertThat(now.getRemainingBytes()).isZero();
        return now;
    }

    private static String id(int number) {
        return new UUID(number, 1).toString();
    }

    @Test
    void snapshots_are_taken_found_listed_and_deleted_with_the_codes_of_the_protocol() {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        call(services.luns()::createLun, create(POOLS.getFirst(), id(20)));
        Snapshot first = taken(LUN, id(1));
        assertThat(first.getLun()).isEqualTo(LUN);
        assertThat(first.getSizeBytes()).isEqualTo(1 << 20);
        assertThat(first.getGroup()).isEqualTo(GROUP);
        assertThat(first.getClusterId()).isEqualTo("cluster");
        assertThat(ready(id(1)).getTaken()).isEqualTo(first.getTaken());
        assertThat(taken(LUN, id(1))).isEqualTo(ready(id(1)));
        call(services.snapshots()::createSnapshots, take(LUN, id(2), id(20), id(3)));
        ready(id(2));
        ready(id(3));

        assertSnapshotRefused(Status.Code.ALREADY_EXISTS, take(id(20), id(1)));
        assertSnapshotRefused(
                Status.Code.ALREADY_EXISTS,
                CreateSnapshotsRequest.newBuilder()
                        .addEntries(take(LUN, id(1)).getEntries(0).toBuilder().setName("other"))
                        .build());
        assertSnapshotRefused(Status.Code.NOT_FOUND, take(NOBODY, id(4)));
        assertSnapshotRefused(Status.Code.INVALID_ARGUMENT, take());
        assertSnapshotRefused(Status.Code.INVALID_ARGUMENT, take(LUN, "../x"));
        assertSnapshotRefused(Status.Code.INVALID_ARGUMENT, take(LUN, id(4), LUN, id(5)));
        // All or none: one that can't be taken takes the others with it.
        assertSnapshotRefused(Status.Code.NOT_FOUND, take(LUN, id(4), NOBODY, id(5)));
        assertSnapshotRefused(Status.Code.FAILED_PRECONDITION, take(LUN, id(1), id(20), id(5)));

        List<String> listed = new ArrayList<>();
        ListSnapshotsRequest.Builder next =
                ListSnapshotsRequest.newBuilder().setPageSize(1).setLun(LUN).setGroup(GROUP);
        do {
            var page = call(services.snapshots()::listSnapshots, next.build());
            page.getSnapshotsList().forEach(one -> listed.add(one.getSnapshot()));
            next.setPageToken(page.getNextPageToken());
        } while (!next.getPageToken().isEmpty());
        assertThat(listed).containsExactly(id(1), id(2));
        assertCode(
                Status.Code.INVALID_ARGUMENT,
                () ->
                        call(
                                services.snapshots()::listSnapshots,
                                ListSnapshotsRequest.newBuilder().setPageToken("5").build()));

        deleteSnapshot(id(1));
        deleteSnapshot(id(1));
        assertCode(Status.Code.NOT_FOUND, () -> ready(id(1)));
        assertSnapshotRefused(Status.Code.FAILED_PRECONDITION, take(LUN, id(1)));
    }

    private void assertSnapshotRefused(Status.Code code, CreateSnapshotsRequest request) {
        assertCode(code, () -> call(services.snapshots()::createSnapshots, request));
    }

    private void deleteSnapshot(String snapshot) {
        call(
                services.snapshots()::deleteSnapshot,
                DeleteSnapshotRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setSnapshot(snapshot)
                        .build());
    }

    @Test
    void a_lun_made_from_another_answers_with_the_codes_of_the_protocol() throws Exception {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        taken(LUN, id(1));
        ready(id(1));
        LunSource snapshot = LunSource.newBuilder().setSnapshot(id(1)).build();
        CreateLunRequest restore =
                create(POOLS.getFirst(), id(30)).toBuilder()
                        .setSource(snapshot)
                        .setSizeBytes(2 << 20)
                        .build();
        Lun restored = call(services.luns()::createLun, restore);
        assertThat(restored.getSource()).isEqualTo(snapshot);
        assertThat(restored.getSizeBytes()).isEqualTo(2 << 20);
        assertThat(restored.getContent()).isIn(Lun.Content.READY, Lun.Content.COPYING);
        assertThat(call(services.luns()::createLun, restore).getLun()).isEqualTo(id(30));
        assertLunRefused(Status.Code.ALREADY_EXISTS, restore.toBuilder().clearSource().build());
        CreateLunRequest another = restore.toBuilder().setLun(id(31)).build();
        assertLunRefused(Status.Code.OUT_OF_RANGE, another.toBuilder().setSizeBytes(4096).build());
        assertLunRefused(
                Status.Code.NOT_FOUND,
                another.toBuilder().setSource(LunSource.newBuilder().setSnapshot(NOBODY)).build());
        assertLunRefused(
                Status.Code.NOT_FOUND,
                another.toBuilder().setSource(LunSource.newBuilder().setLun(NOBODY)).build());
        assertLunRefused(
                Status.Code.INVALID_ARGUMENT,
                another.toBuilder().setSource(LunSource.getDefaultInstance()).build());
        // What is still being filled, or never will be, can't be granted, copied or grown.
        Pool pool = services.served().pool(POOLS.getFirst());
        for (Content content : List.of(Content.COPYING, Content.FAILED)) {
            pool.lun(LUN).contentIs(content);
            assertCode(
                    Status.Code.FAILED_PRECONDITION,
                    () -> call(services.grants()::createGrant, grant("node-a", 1)));
            assertSnapshotRefused(Status.Code.FAILED_PRECONDITION, take(LUN, id(5)));
            assertCode(Status.Code.FAILED_PRECONDITION, () -> expand(services, LUN, 4 << 20));
            assertLunRefused(
                    Status.Code.FAILED_PRECONDITION,
                    another.toBuilder().setSource(LunSource.newBuilder().setLun(LUN)).build());
        }
    }

    private void assertLunRefused(Status.Code code, CreateLunRequest request) {
        assertCode(code, () -> call(services.luns()::createLun, request));
    }

    /** The call that makes something may still be on the wire when its deletion returns. */
    @Test
    void what_was_deleted_is_not_made_again_by_a_call_that_arrives_late() throws IOException {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        for (String lun : List.of(LUN, id(40))) {
            call(
                    services.luns()::deleteLun,
                    DeleteLunRequest.newBuilder().setPool(POOLS.getFirst()).setLun(lun).build());
        }
        services = services(0);
        assertLunRefused(Status.Code.FAILED_PRECONDITION, create(POOLS.getFirst(), LUN));
        assertLunRefused(Status.Code.FAILED_PRECONDITION, create(POOLS.getFirst(), id(40)));
        // Another pool has ids of its own.
        call(services.luns()::createLun, create(POOLS.getLast(), LUN));
    }

    @Test
    void an_image_is_imported_from_import_folders_only() throws IOException {
        Path images = Files.createDirectory(folder.resolve("images"));
        Path image = Files.write(images.resolve("disk.raw"), new byte[8192]);
        ImportLunRequest request =
                ImportLunRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setLun(LUN)
                        .setName("imported")
                        .setClusterId("cluster")
                        .setImage(image.toString())
                        .setFilesystem("ext4")
                        .build();
        assertCode(Status.Code.PERMISSION_DENIED, () -> call(services.luns()::importLun, request));
        copying.imports = ImportFolders.of(List.of(images));
        services = services(0);
        Lun lun = call(services.luns()::importLun, request);
        assertThat(lun.getSizeBytes()).isEqualTo(8192);
        assertThat(lun.getFormat().getState()).isEqualTo(FormatState.State.READY);
        assertThat(lun.getFormat().getFilesystem()).isEqualTo("ext4");
        assertThat(lun.hasSource()).isFalse();
        assertThat(call(services.luns()::importLun, request).getLun()).isEqualTo(LUN);
        for (ImportLunRequest wrong :
                List.of(
                        request.toBuilder().setLun(NOBODY).setFilesystem("Ext 4").build(),
                        request.toBuilder().setLun(NOBODY).setImage("disk.raw").build())) {
            assertCode(Status.Code.INVALID_ARGUMENT, () -> call(services.luns()::importLun, wrong));
        }
        assertCode(
                Status.Code.NOT_FOUND,
                () ->
                        call(
                                services.luns()::importLun,
                                request.toBuilder()
                                        .setLun(NOBODY)
                                        .setImage(images + "/no")
                                        .build()));
        assertCode(
                Status.Code.OUT_OF_RANGE,
                () ->
                        call(
                                services.luns()::importLun,
                                request.toBuilder().setLun(NOBODY).setSizeBytes(4096).build()));
    }

    @Test
    void ranges_are_of_ready_snapshots_of_one_lun() throws Exception {
        call(services.luns()::createLun, create(POOLS.getFirst(), LUN));
        call(services.luns()::createLun, create(POOLS.getFirst(), id(20)));
        Pool pool = services.served().pool(POOLS.getFirst());
        Files.write(pool.data(pool.lun(LUN)), new byte[] {1}, StandardOpenOption.WRITE);
        call(services.snapshots()::createSnapshots, take(LUN, id(1), id(20), id(2)));
        ready(id(1));
        ready(id(2));
        ListAllocatedRangesRequest allocated =
                ListAllocatedRangesRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setSnapshot(id(1))
                        .build();
        ListRangesResponse ranges = call(services.snapshots()::listAllocatedRanges, allocated);
        assertThat(ranges.getSizeBytes()).isEqualTo(1 << 20);
        assertThat(ranges.getNextOffset()).isZero();
        assertThat(ranges.getRangesList()).isNotEmpty();
        assertThat(ranges.getRanges(0).getOffset()).isZero();
        ListChangedRangesRequest changed =
                ListChangedRangesRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setBaseSnapshot(id(1))
                        .setSnapshot(id(1))
                        .build();
        assertThat(call(services.snapshots()::listChangedRanges, changed).getRangesList())
                .isEmpty();
        assertRangesRefused(
                Status.Code.INVALID_ARGUMENT, changed.toBuilder().setSnapshot(id(2)).build());
        assertRangesRefused(
                Status.Code.NOT_FOUND, changed.toBuilder().setBaseSnapshot(NOBODY).build());
        pool.snapshot(id(1)).failed();
        assertRangesRefused(Status.Code.FAILED_PRECONDITION, changed);
        assertCode(
                Status.Code.FAILED_PRECONDITION,
                () -> call(services.snapshots()::listAllocatedRanges, allocated));
    }

    private void assertRangesRefused(Status.Code code, ListChangedRangesRequest request) {
        assertCode(code, () -> call(services.snapshots()::listChangedRanges, request));
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
