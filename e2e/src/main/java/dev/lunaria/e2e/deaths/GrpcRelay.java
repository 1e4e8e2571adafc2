package dev.lunaria.e2e.deaths;

import dev.lunaria.service.net.Endpoint;
import dev.lunaria.service.net.GrpcChannel;
import dev.lunaria.service.net.GrpcServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Stands between a gRPC client and its server, and tells of each request before it goes on, and of
 * each answer before the client has it.
 *
 * <p>Its calls run on virtual threads of its server; who dies at either end is an UNAVAILABLE or a
 * cancellation at the other, as without it. Bounds are those of {@link GrpcServer}.
 */
final class GrpcRelay implements AutoCloseable {
    private static final Duration STOP = Duration.ofMillis(200);

    private final GrpcServer server;
    private final GrpcChannel channel;

    private GrpcRelay(GrpcServer server, GrpcChannel channel) {
        this.server = server;
        this.channel = channel;
    }

    /**
     * Listens at one socket and passes on to the other, whether anybody listens there or not.
     *
     * @param services with unary methods alone
     */
    static GrpcRelay start(
            Endpoint.Unix from,
            Endpoint.Unix to,
            List<ServiceDescriptor> services,
            Consumer<String> passing) {
        GrpcChannel channel = GrpcChannel.open(to);
        GrpcServer.Builder builder = GrpcServer.on(from).stopWithin(STOP);
        for (ServiceDescriptor service : services) {
            ServerServiceDefinition relayed = relayed(service, channel.channel(), passing);
            builder.service(() -> relayed);
        }
        return new GrpcRelay(builder.start(), channel);
    }

    private static ServerServiceDefinition relayed(
            ServiceDescriptor service, Channel to, Consumer<String> passing) {
        ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service);
        for (MethodDescriptor<?, ?> method : service.getMethods()) {
            definition.addMethod(relayed(method, to, passing));
        }
        return definition.build();
    }

    private static <Q, A> ServerMethodDefinition<Q, A> relayed(
            MethodDescriptor<Q, A> method, Channel to, Consumer<String> passing) {
        String name = method.getBareMethodName();
        return ServerMethodDefinition.create(
                method,
                ServerCalls.asyncUnaryCall((request, observer) -> {
                    passing.accept(name + " is asked");
                    A answer;
                    try {
                        answer =
                                ClientCalls.blockingUnaryCall(
                                        to, method, CallOptions.DEFAULT, request);
                    } catch (StatusRuntimeException e) {
                        passing.accept(name + " is refused");
                        observer.onError(e);
                        return;
                    }
                    passing.accept(name + " is answered");
                    observer.onNext(answer);
                    observer.onCompleted();
                }));
    }

    @Override
    public void close() {
        server.close();
        channel.close();
    }
}
