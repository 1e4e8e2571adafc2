package dev.lunaria.target.admin;

import dev.lunaria.proto.target.v1.CreateLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunRequest;
import dev.lunaria.proto.target.v1.DeleteLunResponse;
import dev.lunaria.proto.target.v1.ExpandLunRequest;
import dev.lunaria.proto.target.v1.GetLunRequest;
import dev.lunaria.proto.target.v1.ImportLunRequest;
import dev.lunaria.proto.target.v1.ListLunsRequest;
import dev.lunaria.proto.target.v1.ListLunsResponse;
import dev.lunaria.proto.target.v1.Lun;
import dev.lunaria.proto.target.v1.LunsGrpc;
import dev.lunaria.proto.target.v1.SetLunLimitsRequest;
import dev.lunaria.target.catalog.CatalogLun;
import dev.lunaria.target.catalog.Grant;
import dev.lunaria.target.catalog.LunFacts;
import dev.lunaria.target.catalog.Pool;
import dev.lunaria.target.catalog.Pools;
import dev.lunaria.target.catalog.RefusedException;
import dev.lunaria.target.snapshot.BackgroundCopies;
import dev.lunaria.target.snapshot.LunCopies;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Makes, finds, lists and deletes LUNs. Any thread that may block. */
public final class LunsService extends LunsGrpc.LunsImplBase {

    /** Logical blocks of a new LUN, in bytes: what every system boots from and mounts. */
    static final int LOGICAL_BLOCK_BYTES = 512;

    /** LUNs on one page, at most and if nothing is said. */
    static final int MAX_PAGE = 500;

    private final Pools pools;
    private final UnitsInUse units;
    private final LunCopies copies;
    private final BackgroundCopies background;
    private final InstantSource clock;
    private final String bootId;

    /** What has to be done where a LUN's file is open. Any thread. */
    public interface UnitsInUse {
        /** A LUN is about to be deleted: its file is closed if nobody uses it. May block. */
        void closeUnused(String lun);

        /** A LUN has grown. */
        void expanded(CatalogLun lun);

        /** A LUN has other limits. */
        void limited(CatalogLun lun);
    }

    /**
     * The service.
     *
     * @param bootId the machine's boot id now
     */
    public LunsService(
            Pools pools,
            UnitsInUse units,
            LunCopies copies,
            BackgroundCopies background,
            InstantSource clock,
            String bootId) {
        this.pools = pools;
        this.units = units;
        this.copies = copies;
        this.background = background;
        this.clock = clock;
        this.bootId = bootId;
    }

    @Override
    public void createLun(CreateLunRequest request, StreamObserver<Lun> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    LunFacts facts =
                            new LunFacts(
                                    request.getLun(),
                                    request.getName(),
                                    request.getSizeBytes(),
                                    request.getClusterId(),
                                    LOGICAL_BLOCK_BYTES,
                                    clock.instant().truncatedTo(ChronoUnit.MILLIS),
                                    Messages.source(request),
                                    Messages.limits(request.getLimits()));
                    return message(pool, copies.create(pool, facts));
                });
    }

    @Override
    public void importLun(ImportLunRequest request, StreamObserver<Lun> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    LunFacts facts =
                            new LunFacts(
                                    request.getLun(),
                                    request.getName(),
                                    request.getSizeBytes(),
                                    request.getClusterId(),
                                    LOGICAL_BLOCK_BYTES,
                                    clock.instant().truncatedTo(ChronoUnit.MILLIS),
                                    Messages.image(request));
                    return message(pool, copies.create(pool, facts));
                });
    }

    private Lun message(Pool pool, CatalogLun lun) throws IOException {
        return Messages.lun(pool, lun, background.remainingBytes(lun.facts().id()), bootId);
    }

    @Override
    public void getLun(GetLunRequest request, StreamObserver<Lun> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    return message(pool, pool.lun(request.getLun()));
                });
    }

    @Override
    public void listLuns(ListLunsRequest request, StreamObserver<ListLunsResponse> observer) {
        Answers.send(observer, () -> list(request));
    }

    @Override
    public void deleteLun(DeleteLunRequest request, StreamObserver<DeleteLunResponse> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    Optional<CatalogLun> lun = pool.catalog().find(request.getLun());
                    if (lun.isPresent()) {
                        lun.get().refuseWhileGranted();
                        units.closeUnused(request.getLun());
                    }
                    pool.catalog().delete(request.getLun());
                    background.giveUp(request.getLun());
                    return DeleteLunResponse.getDefaultInstance();
                });
    }

    @Override
    public void expandLun(ExpandLunRequest request, StreamObserver<Lun> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    CatalogLun lun = pool.lun(request.getLun());
                    pool.expand(lun, request.getSizeBytes());
                    // Also where it had grown before: that call may have ended before this step.
                    units.expanded(lun);
                    return message(pool, lun);
                });
    }

    @Override
    public void setLunLimits(SetLunLimitsRequest request, StreamObserver<Lun> observer) {
        Answers.send(
                observer,
                () -> {
                    Pool pool = pools.pool(request.getPool());
                    CatalogLun lun = pool.lun(request.getLun());
                    lun.limit(Messages.limits(request.getLimits()));
                    // Also where nothing has changed: an earlier call may have ended before this.
                    units.limited(lun);
                    return message(pool, lun);
                });
    }

    private static boolean isGranted(CatalogLun lun, String node) {
        Grant grant = lun.grants().get(node);
        return node.isEmpty() || (grant != null && grant.lives());
    }

    /** One page; by pool, and in it by id, so that what comes and goes meanwhile moves nothing. */
    private ListLunsResponse list(ListLunsRequest request) throws RefusedException, IOException {
        int most =
                request.getPageSize() > 0 && request.getPageSize() <= MAX_PAGE
                        ? request.getPageSize()
                        : MAX_PAGE;
        PageToken from = PageToken.parse(request.getPageToken());
        Collection<Pool> chosen =
                request.getPool().isEmpty() ? pools.all() : List.of(pools.pool(request.getPool()));
        ListLunsResponse.Builder page = ListLunsResponse.newBuilder();
        for (Pool pool : chosen) {
            int order = pool.id().compareTo(from.pool());
            if (order < 0) {
                continue;
            }
            for (CatalogLun lun : pool.catalog().lunsAfter(order == 0 ? from.id() : "")) {
                if (!isGranted(lun, request.getGrantedTo())) {
                    continue;
                }
                if (page.getLunsCount() == most) {
                    Lun last = page.getLuns(most - 1);
                    return page.setNextPageToken(
                                    new PageToken(last.getPool(), last.getLun()).toString())
                            .build();
                }
                page.addLuns(message(pool, lun));
            }
        }
        return page.build();
    }
}
