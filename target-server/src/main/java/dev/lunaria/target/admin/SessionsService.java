package dev.lunaria.target.admin;

import dev.lunaria.iscsi.target.SessionDirectory;
import dev.lunaria.iscsi.target.TargetSession;
import dev.lunaria.proto.target.v1.ListSessionsRequest;
import dev.lunaria.proto.target.v1.ListSessionsResponse;
import dev.lunaria.proto.target.v1.Session;
import dev.lunaria.proto.target.v1.SessionsGrpc;
import dev.lunaria.target.grant.Granted;
import io.grpc.stub.StreamObserver;

/** Who is logged in. Any thread; from memory. */
public final class SessionsService extends SessionsGrpc.SessionsImplBase {

    private final SessionDirectory directory;

    public SessionsService(SessionDirectory directory) {
        this.directory = directory;
    }

    @Override
    public void listSessions(
            ListSessionsRequest request, StreamObserver<ListSessionsResponse> observer) {
        Answers.send(
                observer,
                () -> {
                    ListSessionsResponse.Builder answer = ListSessionsResponse.newBuilder();
                    for (TargetSession session : directory.sessions()) {
                        if (session.grant() instanceof Granted granted
                                && matches(request.getPool(), granted.pool().id())
                                && matches(request.getLun(), granted.lun().facts().id())) {
                            answer.addSessions(message(session, granted));
                        }
                    }
                    return answer.build();
                });
    }

    private static boolean matches(String asked, String id) {
        return asked.isEmpty() || asked.equals(id);
    }

    private static Session message(TargetSession session, Granted granted) {
        return Session.newBuilder()
                .setPool(granted.pool().id())
                .setLun(granted.lun().facts().id())
                .setNode(granted.grant().node())
                .setEpoch(granted.grant().epoch())
                .setInitiatorName(session.nexus().initiatorName())
                .setIsid("%012x".formatted(session.nexus().isid()))
                .setTsih(session.tsih())
                .setPeer(session.peer())
                .setGroupTag(session.nexus().portalGroupTag())
                .setSince(Messages.timestamp(session.since()))
                .setCommandsInFlight(session.commandsInFlight())
                .build();
    }
}
