package dev.lunaria.target.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lunaria.proto.target.v1.Access;
import dev.lunaria.proto.target.v1.ChapSecrets;
import dev.lunaria.proto.target.v1.CreateGrantRequest;
import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.target.catalog.Catalog;
import dev.lunaria.target.catalog.CatalogLun;
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
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * The admin services over two pools, for tests: without portals, and with a fence that does
 * nothing.
 */
abstract class AdminServices {
    static final List<String> POOLS = List.of(new UUID(1, 1).toString(), new UUID(2, 2).toString());

    static final String LUN = new UUID(0, 7).toString();

    static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

    static final String GROUP = new UUID(3, 3).toString();

    static final String NOBODY = new UUID(9, 9).toString();

    @TempDir Path folder = Path.of("");

    final Units units = new Units();

    final Copying copying = new Copying();

    Services services = new Services(new Pools(List.of()), units, copying);

    /** The services over some pools, with a fence that has nothing to do. */
    record Services(
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
                            CLOCK,
                            "boot"),
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
    static final class Copying {
        private final StoreThreads threads = new StoreThreads(2, 1024);
        private final Copies copies = new Copies(threads.blocking());
        private final BackgroundCopies background = new BackgroundCopies();
        private final OpenStores stores = this::hold;
        ImportFolders imports = ImportFolders.NONE;

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
    static final class Units implements LunsService.UnitsInUse {
        final List<String> letGo = new ArrayList<>();
        final List<Long> sizes = new ArrayList<>();
        final List<LunLimits> limits = new ArrayList<>();

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

    static final class NoSessions implements Fence {
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

    Services services(long reserveBytes) throws IOException {
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

    static <Q, A> A call(BiConsumer<Q, StreamObserver<A>> method, Q request) {
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

    static void assertCode(Status.Code code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .cause()
                .isInstanceOfSatisfying(
                        StatusException.class,
                        e -> {
                            assertThat(e.getStatus().getCode()).isEqualTo(code);
                            assertThat(e.getStatus().getDescription()).isNotBlank();
                        });
    }

    static CreateLunRequest create(String pool, String lun) {
        return CreateLunRequest.newBuilder()
                .setPool(pool)
                .setLun(lun)
                .setName("pvc-" + lun)
                .setSizeBytes(1 << 20)
                .setClusterId("cluster")
                .build();
    }

    static CreateGrantRequest grant(String node, long epoch) {
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

    Lun expand(Services server, String lun, long bytes) {
        return call(
                server.luns()::expandLun,
                ExpandLunRequest.newBuilder()
                        .setPool(POOLS.getFirst())
                        .setLun(lun)
                        .setSizeBytes(bytes)
                        .build());
    }
}
