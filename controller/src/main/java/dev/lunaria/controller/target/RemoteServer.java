package dev.lunaria.controller.target;

import static dev.lunaria.controller.volume.Failure.Reason.TIMED_OUT;
import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.setup.ServedPools;
import dev.lunaria.controller.volume.Failure;
import dev.lunaria.proto.target.v1.ListPoolsRequest;
import dev.lunaria.proto.target.v1.PoolsGrpc;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.Tls;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.UUID;

/**
 * Asks a target server which pools it serves, before any of them is registered. Used by any thread;
 * one connection a call.
 */
public final class RemoteServer implements ServedPools {

    private final Tls tls;

    public RemoteServer(Tls tls) {
        this.tls = tls;
    }

    @Override
    public List<Pool> of(Endpoint.Tcp admin) {
        try (GrpcChannel channel = GrpcChannel.open(admin, tls)) {
            return TargetCalls.within(
                            TargetCalls.READ_DEADLINE, PoolsGrpc.newBlockingStub(channel.channel()))
                    .listPools(ListPoolsRequest.getDefaultInstance())
                    .getPoolsList()
                    .stream()
                    .map(pool -> new Pool(UUID.fromString(pool.getPool()), pool.getClusterId()))
                    .toList();
        } catch (StatusRuntimeException e) {
            String said =
                    e.getStatus().getDescription() == null
                            ? e.getStatus().getCode().toString()
                            : e.getStatus().getDescription();
            throw new Failure(
                    e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
                            ? TIMED_OUT
                            : UNAVAILABLE,
                    "the target server at %s doesn't answer (%s); see that it runs, and its log"
                            .formatted(admin, said),
                    e);
        }
    }
}
