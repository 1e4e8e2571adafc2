package dev.lunaria.target.admin;

import dev.lunaria.proto.target.v1.GetServerRequest;
import dev.lunaria.proto.target.v1.Server;
import dev.lunaria.proto.target.v1.ServersGrpc;
import io.grpc.stub.StreamObserver;

/** What this server is: a message that is fixed once it listens. Immutable: any thread. */
public final class ServersService extends ServersGrpc.ServersImplBase {

    private final Server server;

    public ServersService(Server server) {
        this.server = server;
    }

    @Override
    public void getServer(GetServerRequest request, StreamObserver<Server> observer) {
        Answers.send(observer, () -> server);
    }
}
