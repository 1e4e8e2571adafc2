package dev.lunaria.target.admin;

import dev.lunaria.linux.Errno;
import dev.lunaria.linux.LinuxException;
import dev.lunaria.target.catalog.RefusedException;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one way in which calls are answered, and the one map of errors. Stateless: any thread. */
final class Answers {

    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    /** Does the work and sends its answer, or the status of what went wrong. */
    static <A> void send(StreamObserver<A> observer, Work<A> work) {
        A answer;
        try {
            answer = work.run();
        } catch (RefusedException e) {
            observer.onError(status(e));
            return;
        } catch (IOException e) {
            LOG.atError()
                    .setCause(e)
                    .log("a change could not be made durable; the caller hears UNAVAILABLE");
            observer.onError(Status.UNAVAILABLE.withDescription(explanation(e)).asException());
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            observer.onError(
                    Status.UNAVAILABLE
                            .withDescription("the target server is stopping; repeat the call")
                            .asException());
            return;
        }
        observer.onNext(answer);
        observer.onCompleted();
    }

    private static String explanation(IOException e) {
        boolean full =
                Stream.<@Nullable Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
                        .anyMatch(cause ->
                                cause instanceof LinuxException call
                                        && (call.is(Errno.ENOSPC) || call.is(Errno.EDQUOT)));
        return (full
                        ? "the pool's filesystem is full to the last byte (%s); free space on it, then repeat the call"
                        : "the pool's filesystem failed (%s); repeat the call once it works")
                .formatted(e.getMessage());
    }

    /** What a refusal is in gRPC. */
    static StatusException status(RefusedException refused) {
        Status status =
                switch (refused.reason()) {
                    case INVALID -> Status.INVALID_ARGUMENT;
                    case OUT_OF_RANGE -> Status.OUT_OF_RANGE;
                    case NOT_FOUND -> Status.NOT_FOUND;
                    case EXISTS_OTHERWISE -> Status.ALREADY_EXISTS;
                    case EXHAUSTED -> Status.RESOURCE_EXHAUSTED;
                    case PRECONDITION -> Status.FAILED_PRECONDITION;
                    case FORBIDDEN -> Status.PERMISSION_DENIED;
                    case CONFLICT -> Status.ABORTED;
                    case OUTDATED -> Status.ABORTED;
                    case UNFINISHED -> Status.DEADLINE_EXCEEDED;
                };
        return status.withDescription(refused.getMessage()).asException();
    }

    /** What a call does. */
    interface Work<A> {
        A run() throws RefusedException, IOException, InterruptedException;
    }
}
