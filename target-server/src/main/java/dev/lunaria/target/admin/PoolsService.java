package dev.lunaria.target.admin;

import dev.lunaria.proto.target.v1.GetPoolRequest;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.ListPoolsResponse;
import dev.lunaria.proto.target.v1.Pool;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.target.catalog.Pools;
import io.grpc.stub.StreamObserver;

/** The pools of this server. Any thread that may block. */
public final class PoolsService extends PoolsGrpc.PoolsImplBase {

    private final Pools pools;

    public PoolsService(Pools pools) {
        this.pools = pools;
    }

    @Override
    public void getPool(GetPoolRequest request, StreamObserver<Pool> observer) {
        Answers.send(observer, () -> Messages.pool(pools.pool(request.getPool())));
    }

    @Override
    public void listPools(ListPoolsRequest request, StreamObserver<ListPoolsResponse> observer) {
        Answers.send(
                observer,
                () -> {
                    ListPoolsResponse.Builder answer = ListPoolsResponse.newBuilder();
                    for (dev.lunaria.target.catalog.Pool pool : pools.all()) {
                        answer.addPools(Messages.pool(pool));
                    }
                    return answer.build();
                });
    }
}
