package dev.lunaria.service.net;

import dev.lunaria.service.secret.Secret;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Lets only those call whose token says who they are, and tells services so ({@link
 * CallerCheck#CALLER}). Called by any thread, one that may wait.
 */
final class CallerTokens implements ServerInterceptor {
    /** Longer than any token; nobody is asked about more. */
    static final int MAX_TOKEN = 16 << 10;

    private final CallerCheck check;

    CallerTokens(CallerCheck check) {
        this.check = check;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String said = headers.get(BearerToken.HEADER);
        if (said == null || !said.startsWith(BearerToken.PREFIX) || said.length() > MAX_TOKEN) {
            return refuse(
                    call,
                    Status.UNAUTHENTICATED.withDescription(
                            "the call has no token that says which node calls; start the node plugin with --registry-token"));
        }
        String token = said.substring(BearerToken.PREFIX.length());
        return switch (check.check(Secret.of(token))) {
            case CallerCheck.Verdict.Known(String caller) ->
                    Contexts.interceptCall(
                            Context.current().withValue(CallerCheck.CALLER, caller),
                            call,
                            headers,
                            next);
            case CallerCheck.Verdict.Refused(String why) ->
                    refuse(call, Status.UNAUTHENTICATED.withDescription(why));
            case CallerCheck.Verdict.Unchecked(String why) ->
                    refuse(call, Status.UNAVAILABLE.withDescription(why));
        };
    }

    private static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, Status status) {
        call.close(status, new Metadata());
        return new ServerCall.Listener<>() {};
    }
}
