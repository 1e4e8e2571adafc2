package dev.lunaria.controller.target;

import static dev.lunaria.controller.volume.Failure.Reason.UNAVAILABLE;

import dev.lunaria.controller.volume.Failure;
import dev.lunaria.controller.volume.TargetPool;
import dev.lunaria.controller.volume.TargetSnapshots;
import dev.lunaria.controller.volume.Targets;
import dev.lunaria.registry.StorageTarget;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.Tls;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The controller's connections to target servers: one for each endpoint and CA, opened when it is
 * first needed. Used by any thread. Holds as many as there ever were different StorageTargets in
 * the life of the process, which administrators bound.
 */
public final class TargetConnections implements Targets, AutoCloseable {

    private final String clusterId;
    private final Optional<Tls> tls;
    private final Optional<MeterRegistry> meters;
    private final ConcurrentHashMap<Peer, GrpcChannel> channels = new ConcurrentHashMap<>();

    /**
     * @param tls for endpoints that are TCP addresses
     */
    public TargetConnections(String clusterId, Optional<Tls> tls) {
        this(clusterId, tls, Optional.empty());
    }

    /**
     * The same, whose calls are timed.
     *
     * @param meters where that is told
     */
    public TargetConnections(String clusterId, Optional<Tls> tls, Optional<MeterRegistry> meters) {
        this.clusterId = clusterId;
        this.tls = tls;
        this.meters = meters;
    }

    /** Whom one connection leads to. */
    private record Peer(String endpoint, String ca) {}

    @Override
    public TargetPool open(StorageTarget target) {
        return new RemotePool(target.pool(), clusterId, calls(target));
    }

    @Override
    public TargetSnapshots snapshots(StorageTarget target) {
        return new RemoteSnapshots(calls(target));
    }

    private TargetCalls calls(StorageTarget target) {
        GrpcChannel channel =
                channels.computeIfAbsent(new Peer(target.endpoint(), target.ca()), this::connect);
        return new TargetCalls(target.pool(), target.endpoint(), channel.channel());
    }

    private GrpcChannel connect(Peer peer) {
        try {
            return switch (Endpoint.parse(peer.endpoint())) {
                case Endpoint.Unix unix -> GrpcChannel.open(unix, null, "", meters.orElse(null));
                case Endpoint.Tcp tcp -> connect(tcp, peer.ca());
            };
        } catch (StartupException | IllegalArgumentException e) {
            throw new Failure(
                    UNAVAILABLE,
                    "no connection to the target server at "
                            + peer.endpoint()
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private GrpcChannel connect(Endpoint.Tcp tcp, String ca) {
        Tls own =
                tls.orElseThrow(() ->
                        new Failure(
                                UNAVAILABLE,
                                "the target server at "
                                        + tcp
                                        + " needs TLS; start the controller with its CA, certificate and key"));
        return GrpcChannel.open(tcp, own, ca, meters.orElse(null));
    }

    @Override
    public void close() {
        channels.values().forEach(GrpcChannel::close);
    }
}
